"""CONTRIBUTING.md's recipe for a field of the room is true: its steps are followed in a copy."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rentomatic.config import PostgresDatabase
from tests.commands import CHECKOUT

FILES_OF_A_FIELD = 8
ROOMS = """\
id,size,price,lon,lat,bedrooms
00000000-0000-0000-0000-000000000001,20,30,13.4,52.5,2
00000000-0000-0000-0000-000000000002,20,30,13.4,52.5,
00000000-0000-0000-0000-000000000003,20,30,13.4,52.5,4
"""
# What the copy's own interpreter runs: the service, without a server.
CLIENT = """
import json, os, sys
from webtest import TestApp
from rentomatic.bootstrap import build_application

app = TestApp(build_application(os.environ), extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})
print(json.dumps([app.get(path).json for path in sys.argv[1:]]))
"""


def steps() -> list[tuple[str, str]]:
    """Read the recipe's blocks: what kind each is, and its text."""
    text = (CHECKOUT / "CONTRIBUTING.md").read_text()
    (recipe,) = re.findall(r"^### A field of the room$(.*?)^### ", text, re.DOTALL | re.MULTILINE)
    return re.findall(r"^```(\w+)\n(.*?)^```$", recipe, re.DOTALL | re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what git tracks, with the recipe's steps done."""
    folder = tmp_path / "copy"
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, capture_output=True
    )
    for name in tracked.stdout.decode().split("\0"):
        if name and (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((CHECKOUT / name).read_bytes())
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    for kind, text in steps():
        command = {"diff": ["git", "apply", "-"], "sh": ["sh", "-eu"]}[kind]
        subprocess.run(command, cwd=folder, input=text, text=True, check=True)
    return folder


@pytest.fixture
def run(
    copy: Path, new_database: Callable[[], PostgresDatabase]
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run Python in the copy, with a database of its own."""
    database = new_database()
    environment = {**os.environ, "DATABASE_URL": database.url, "PYTHONPATH": str(copy)}

    def run_python(*arguments: str, text: str | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=copy,
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )

    for command in ("init-postgres", "migrate"):
        run_python("-m", "rentomatic", command)
    return run_python


def test_a_field_is_added_by_the_recipe(
    copy: Path, run: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    """It touches few files; searches, writes, imports, changes and documents have the field.

    All repositories agree on it, in the property tests too.
    """
    changed = subprocess.run(
        ["git", "status", "--short"], cwd=copy, check=True, capture_output=True, text=True
    ).stdout
    touched = [line for line in changed.splitlines() if not line.startswith("A  ")]
    assert len(touched) <= FILES_OF_A_FIELD, touched

    def rentomatic(*arguments: str, text: str | None = None) -> str:
        output: str = run("-m", "rentomatic", *arguments, text=text).stdout
        return output

    def get(*paths: str) -> list[object]:
        answers: list[object] = json.loads(run("-c", CLIENT, *paths).stdout)
        return answers

    def bedrooms(path: str) -> list[object]:
        (rooms,) = get(f"/rooms?fields=bedrooms&{path}")
        return [room.get("bedrooms") for room in rooms]

    assert "added 3" in rentomatic("import", "-", "--format", "csv", text=ROOMS)
    assert bedrooms("sort=-bedrooms") == [4, 2, None]
    assert bedrooms("filter_bedrooms__gte=3") == [4]
    assert bedrooms("filter_bedrooms__null=true") == [None]
    rentomatic("update", "00000000-0000-0000-0000-000000000002", "bedrooms=7")
    # A column that is absent keeps what is stored.
    without = "\n".join(line.rpartition(",")[0] for line in ROOMS.splitlines()) + "\n"
    assert "unchanged 3" in rentomatic("import", "-", "--format", "csv", text=without)
    assert bedrooms("sort=bedrooms") == [2, 4, 7]
    # An empty cell removes it.
    rentomatic("import", "-", "--format", "csv", text=ROOMS)
    assert bedrooms("sort=bedrooms") == [2, 4, None]
    changes, document = get("/rooms/changes?since=0", "/openapi.json")
    history = [each["room"].get("bedrooms") for each in changes["changes"]]
    assert history == [2, None, 4, 7, None]
    assert document["components"]["schemas"]["Room"]["properties"]["bedrooms"]["maximum"] == 99
    agreement = "tests/contract/test_agreement.py"
    assert "passed" in run("-m", "pytest", "-q", "-p", "no:cacheprovider", agreement).stdout
    run("-m", "yoyo", "rollback", "--batch", "--revision", "0007.bedrooms")
