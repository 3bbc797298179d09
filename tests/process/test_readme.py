"""The README's commands give what it shows, typed one after the other as its reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.process.conftest import CHECKOUT, Commands

README = CHECKOUT / "README.md"


def examples() -> list[tuple[str, str]]:
    """Read the commands of the README's consoles and what each of them prints."""
    consoles = re.findall(r"^```console\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    typed = [
        part for console in consoles for part in re.split(r"^\$ ", console, flags=re.MULTILINE)
    ]
    return [(command, output) for command, _, output in (p.partition("\n") for p in typed if p)]


def test_the_readmes_commands_give_what_it_shows(commands: Commands, tmp_path: Path) -> None:
    """Byte for byte, but for the port and the data folder; on the made-up rooms."""
    service = commands.serve("--demo")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "RENTOMATIC_DATA": str(commands.data)}
    shown = examples()
    assert len([command for command, _ in shown if command.startswith("curl ")]) >= 5
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
