"""The README tells the truth: its tables are the code's; process/test_readme runs its commands."""

import argparse
import re
from pathlib import Path

import pytest

from rentomatic.cli import build_parser
from rentomatic.cli.outcome import EXIT_CODES
from rentomatic.config import SETTINGS
from rentomatic.domain.room import FIELDS
from rentomatic.formats.table import FORMATS
from rentomatic.requests.parameters import CHANGES_PARAMETERS
from rentomatic.requests.room_fields import OPERATORS
from rentomatic.wsgi.parameters import FILTER_PREFIX, SEARCH_PARAMETERS
from rentomatic.wsgi.routing import ROUTES

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"


def commands() -> dict[str, str]:
    """Name the commands of the command line and what they say of themselves."""
    (found,) = (
        action
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return {each.dest: each.help or "" for each in found._choices_actions}


TABLES = {
    "| Path | Methods | What |": [
        f"| `{route.template}` | {' '.join(route.methods)} | {route.summary} |" for route in ROUTES
    ],
    "| Field | Operators | What |": [
        f"| `{field.name}` | {' '.join(field.operators)} | {field.help} |"
        for field in FIELDS.values()
    ],
    "| Operator | Meaning |": [
        f"| `{each.name}` | {each.meaning} |" for each in OPERATORS.values()
    ],
    "| Parameter | Value | Meaning |": [
        (
            "| `filter_<field>__<operator>` | a value, or a list for `in` "
            "| rooms whose field compares so; all filters must hold |"
        ),
        *(
            f"| `{each.name}` | {each.form} | {each.help} |"
            for each in SEARCH_PARAMETERS
            if not each.name.startswith(FILTER_PREFIX)
        ),
    ],
    "| Parameter of changes | Value | Meaning |": [
        f"| `{each.name}` | {each.form} | {each.help} |" for each in CHANGES_PARAMETERS
    ],
    "| Format | Media type | What |": [
        f"| `{each.name}` | `{each.media_type}` | {each.help} |" for each in FORMATS.values()
    ],
    "| Command | What |": [
        f"| `rentomatic {name}` | {said} |" for name, said in commands().items()
    ],
    "| Exit code | Outcome |": [f"| {code} | {kind} |" for kind, code in EXIT_CODES.items()],
    "| Variable | Default | What |": [
        f"| `{each.name}` | {f'`{each.default}`' if each.default else ''} | {each.help} |"
        for each in SETTINGS
    ],
}


@pytest.mark.parametrize("header", TABLES)
def test_tables_are_the_codes(header: str) -> None:
    """Row for row: what is documented is what there is."""
    rows = README.read_text().split(f"{header}\n")[1].split("\n\n")[0].splitlines()[1:]
    assert rows == TABLES[header]


def test_the_layout_names_what_there_is() -> None:
    """Every folder that it names exists, and every part of the package is named."""
    text = README.read_text().split("## Layout")[1]
    named = set(re.findall(r"^(rentomatic/\w+)", text, re.MULTILINE))
    assert named == {
        str(path.parent.relative_to(ROOT)) for path in ROOT.glob("rentomatic/*/__init__.py")
    }
