"""The documents' commands give what they show, typed one after the other as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import CHECKOUT, Commands

# Each has at least this many commands in consoles.
MANUALS = {"README.md": 6, "rentomatic/wsgi/README.md": 15, "rentomatic/cli/README.md": 10}


def examples(manual: Path) -> list[tuple[str, str]]:
    """Read the commands of a document's consoles and what each of them prints."""
    consoles = re.findall(r"^```console\n(.*?)^```$", manual.read_text(), re.DOTALL | re.MULTILINE)
    typed = [
        part for console in consoles for part in re.split(r"^\$ ", console, flags=re.MULTILINE)
    ]
    return [(command, output) for command, _, output in (p.partition("\n") for p in typed if p)]


@pytest.mark.parametrize("manual", MANUALS)
def test_the_commands_print_what_is_shown(manual: str, commands: Commands, tmp_path: Path) -> None:
    """Byte for byte, but for the port and the data folder; on the made-up rooms."""
    service = commands.serve("--demo")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "RENTOMATIC_DATA": str(commands.data)}
    shown = examples(CHECKOUT / manual)
    assert len(shown) >= MANUALS[manual]
    for command, expected in shown:
        result = subprocess.run(
            command.replace(":8000", f":{service.port}").replace(".data/", f"{commands.data}/"),
            shell=True,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stdout.rstrip("\n") == expected.rstrip("\n"), command
