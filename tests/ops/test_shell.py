"""The shell scripts are clean."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def scripts() -> list[Path]:
    """Find the sh and bash scripts."""
    found = [path for path in (ROOT / "ops").iterdir() if path.is_file()]
    ci = [ROOT / ".ci/run", ROOT / ".ci/pgbouncer", ROOT / ".ci/patroni"]
    return [*ci, *(path for path in sorted(found) if is_shell(path))]


def is_shell(path: Path) -> bool:
    """Recognize a shell script by its name or first line."""
    return path.suffix == ".sh" or path.read_text().startswith("#!/bin/sh\n")


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    """It has no warnings for the scripts of ops/ and CI."""
    files = scripts()
    assert {"install", "upgrade", "uninstall", "restore", "serve"} <= {file.name for file in files}
    command = ["shellcheck", "--external-sources", "--source-path=SCRIPTDIR", *files]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.stdout + checked.stderr == ""
