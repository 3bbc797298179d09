"""The documents are true: their tables match the code, and their links have targets.

process/test_readme runs their commands.
"""

import re
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path

import pytest

from rentomatic import __version__
from rentomatic.cli import build_parser
from rentomatic.cli.outcome import EXIT_CODES
from rentomatic.domain.rent import Rent
from rentomatic.domain.room import FIELDS
from rentomatic.formats.table import FORMATS
from rentomatic.requests.parameters import CHANGES_PARAMETERS, SELECTION_PARAMETERS
from rentomatic.requests.room_fields import OPERATORS, Takes
from rentomatic.requests.room_list import DEFAULT_LIMIT
from rentomatic.variables import SETTINGS
from rentomatic.wsgi.arguments import FEED_QUERY, MAP_QUERY, SEARCH_QUERY, SIMILAR_QUERY
from rentomatic.wsgi.ogc.api import ITEM_PARAMETERS, describe_api
from rentomatic.wsgi.openapi.operations import summary_of
from rentomatic.wsgi.query import FILTER_PREFIX
from rentomatic.wsgi.routing import OGC, ROUTES

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
HTTP = ROOT / "rentomatic/wsgi/README.md"
LAYER = ROOT / "rentomatic/wsgi/ogc/README.md"
LAYER_API = describe_api("", "", DEFAULT_LIMIT, Rent())
COMMAND_LINE = ROOT / "rentomatic/cli/README.md"
RUNBOOK = ROOT / "ops/README.md"
FOLDERS = ("migrations", "ops", "rentomatic", "sql", "tests")
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(each for name in FOLDERS for each in ROOT.glob(f"{name}/**/*.md")),
]


def help_of(*command: str) -> str:
    """Return what a command prints as its help, with long lines."""
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(StringIO()) as printed,
        suppress(SystemExit),
    ):
        patch.setenv("COLUMNS", "1000")
        build_parser().parse_args([*command, "--help"])
    return printed.getvalue()


def commands() -> dict[str, str]:
    """Return the commands of the command line and their help."""
    return dict(re.findall(r"^    (\w\S*)\s+(.+)$", help_of(), re.MULTILINE))


LISTED = " and ".join(f"`{each.name}`" for each in OPERATORS.values() if each.takes is Takes.LIST)
TABLES = {
    (HTTP, "| Path | Methods | What |"): [
        f"| `{route.path}` | {' '.join(route.methods)} | {summary_of(route)} |"
        for route in ROUTES
        if route.tag != OGC
    ],
    (HTTP, "| Field | Operators | What |"): [
        f"| `{field.name}` | {' '.join(field.operators)} | {field.help} |"
        for field in FIELDS.values()
    ],
    (HTTP, "| Operator | Meaning |"): [
        f"| `{each.name}` | {each.meaning} |" for each in OPERATORS.values()
    ],
    (HTTP, "| Parameter | Value | Meaning |"): [
        (
            f"| `filter_<field>__<operator>` | a value, or a list for {LISTED} "
            "| rooms whose field passes this comparison; several filters must all pass |"
        ),
        *(
            f"| `{each.name}` | {each.form} | {each.help} |"
            for each in SEARCH_QUERY
            if not each.name.startswith(FILTER_PREFIX)
        ),
    ],
    (HTTP, "| Parameter of a map | Value | Meaning |"): [
        f"| `{each.name}` | {each.form} | {each.help} |"
        for each in MAP_QUERY
        if each.name not in {one.name for one in SELECTION_PARAMETERS}
        and not each.name.startswith(FILTER_PREFIX)
    ],
    (HTTP, "| Parameter of a feed | Value | Meaning |"): [
        f"| `{each.name}` | {each.form} | {each.help} |"
        for each in FEED_QUERY
        if each not in SELECTION_PARAMETERS and not each.name.startswith(FILTER_PREFIX)
    ],
    (HTTP, "| Parameter of similar rooms | Value | Meaning |"): [
        f"| `{each.name}` | {each.form} | {each.help} |"
        for each in SIMILAR_QUERY
        if each not in SELECTION_PARAMETERS and not each.name.startswith(FILTER_PREFIX)
    ],
    (HTTP, "| Parameter of changes | Value | Meaning |"): [
        f"| `{each.name}` | {each.form} | {each.help} |" for each in CHANGES_PARAMETERS
    ],
    (HTTP, "| Format | Media type | What |"): [
        f"| `{each.name}` | `{each.media_type}` | {each.help} |" for each in FORMATS.values()
    ],
    (LAYER, "| Path | What |"): [
        f"| `/ogc{path}` | {each['get']['summary']} |" for path, each in LAYER_API["paths"].items()
    ],
    (LAYER, "| Parameter | Meaning |"): [
        f"| `{each['name']}` | {each['description']} |"
        for each in LAYER_API["components"]["parameters"].values()
        if each["name"] in ITEM_PARAMETERS
    ],
    (COMMAND_LINE, "| Command | What |"): [
        f"| `rentomatic {name}` | {text} |" for name, text in commands().items()
    ],
    (COMMAND_LINE, "| Exit code | Outcome |"): [
        f"| {code} | {kind} |" for kind, code in EXIT_CODES.items()
    ],
    (RUNBOOK, "| Variable | Default | What |"): [
        f"| `{each.name}` | {f'`{each.default}`' if each.default else ''} | {each.help} |"
        for each in SETTINGS
    ],
}


@pytest.mark.parametrize(("document", "header"), TABLES, ids=[header for _, header in TABLES])
def test_tables_match_the_code(document: Path, header: str) -> None:
    """Row for row."""
    rows = document.read_text().split(f"{header}\n")[1].split("\n\n")[0].splitlines()[1:]
    assert rows == TABLES[document, header]


def test_the_options_of_an_import_are_documented() -> None:
    """Each option of `rentomatic import` has a row, and each row an option."""
    options = re.findall(r"^  (--[\w-]+)", help_of("import"), re.MULTILINE)
    table = COMMAND_LINE.read_text().split("| Option | What |\n")[1].split("\n\n")[0]
    documented = re.findall(r"^\| `(--[\w-]+)", table, re.MULTILINE)
    assert set(documented) == set(options)


def test_the_picture_names_every_folder() -> None:
    """It has exactly the subpackages that exist."""
    picture = CONTRIBUTING.read_text().split("## Layout")[1].split("\n## ")[0]
    named = set(re.findall(r"^(rentomatic/\w+)", picture, re.MULTILINE))
    assert named == {
        str(path.parent.relative_to(ROOT)) for path in ROOT.glob("rentomatic/*/__init__.py")
    }


def test_the_front_page_is_short() -> None:
    """At most 200 lines; the manuals are beside the code."""
    assert len(README.read_text().splitlines()) <= 200


def anchors(text: str) -> set[str]:
    """Return the headings of a document as links spell them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(p.relative_to(ROOT)) for p in DOCUMENTS])
def test_links_have_targets(document: Path) -> None:
    """Each relative link points to an existing file or folder, and to one of its headings."""
    for link in re.findall(r"\]\((?!\w+:)([^)]+)\)", document.read_text()):
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text()), link


def test_the_changelog_has_the_version() -> None:
    """The newest version with a date is the package's."""
    versions = re.findall(
        r"^## (\S+) \(\d{4}-\d\d-\d\d\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert versions[0] == __version__
