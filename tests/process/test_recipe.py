"""CONTRIBUTING.md's recipe for a field of the room is true: its steps are followed in a copy."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from rentomatic.config import PostgresDatabase
from tests.commands import CHECKOUT

FILES_OF_A_FIELD = 9
ROOMS = """\
id,size,price,lon,lat,floor
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


def succeed(
    command: Sequence[str | Path],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    text: str | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run a command; if it fails, fail with what it printed."""
    done = subprocess.run(
        command, cwd=cwd, env=env, input=text, text=True, capture_output=True, check=False
    )
    if done.returncode:
        pytest.fail(f"{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}", pytrace=False)
    return done


def steps() -> list[tuple[str, str]]:
    """Read the recipe's blocks: what kind each is, and its text."""
    text = (CHECKOUT / "CONTRIBUTING.md").read_text()
    (recipe,) = re.findall(r"^### A field of the room$(.*?)^### ", text, re.DOTALL | re.MULTILINE)
    return re.findall(r"^```(\w+)\n(.*?)^```$", recipe, re.DOTALL | re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what git tracks, with the recipe's steps done."""
    folder = tmp_path / "copy"
    succeed(["git", "init", "--quiet", folder])
    for name in succeed(["git", "ls-files", "-z"], cwd=CHECKOUT).stdout.split("\0"):
        if name and (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((CHECKOUT / name).read_bytes())
    succeed(["git", "add", "--all"], cwd=folder)
    for kind, text in steps():
        command = {"diff": ["git", "apply", "-"], "sh": ["sh", "-eu"]}[kind]
        succeed(command, cwd=folder, text=text)
    return folder


@pytest.fixture
def run(
    copy: Path, new_database: Callable[[], PostgresDatabase]
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run Python in the copy, with a database of its own."""
    database = new_database()
    environment = {**os.environ, "DATABASE_URL": database.url, "PYTHONPATH": str(copy)}

    def run_python(*arguments: str, text: str | None = None) -> "subprocess.CompletedProcess[str]":
        return succeed([sys.executable, *arguments], cwd=copy, env=environment, text=text)

    for command in ("init-postgres", "migrate"):
        run_python("-m", "rentomatic", command)
    return run_python


def test_the_diff_applies_after_an_operator_is_added(tmp_path: Path) -> None:
    """Its context has no line that an operator's recipe touches, such as the last filter's."""
    parts = tmp_path / "sql/parts"
    shutil.copytree(CHECKOUT / "sql/parts", parts)
    for path in parts.glob("matching_*.sql"):
        path.write_text(re.sub(r"(.*)_in\b.*", r"\g<0>\n\1_nin", path.read_text()))
    (diff,) = [text for kind, text in steps() if kind == "diff"]
    command = ["git", "apply", "--check", "--include=sql/parts/matching_*", "-"]
    succeed(command, cwd=tmp_path, text=diff)


def test_a_field_is_added_by_the_recipe(
    copy: Path, run: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    """It touches few files; searches, writes, imports, changes and documents have the field.

    All repositories agree on it, in the property tests too.
    """
    changed = succeed(["git", "status", "--short"], cwd=copy).stdout
    touched = [line for line in changed.splitlines() if not line.startswith("A  ")]
    assert len(touched) <= FILES_OF_A_FIELD, touched

    def rentomatic(*arguments: str, text: str | None = None) -> str:
        output: str = run("-m", "rentomatic", *arguments, text=text).stdout
        return output

    def get(*paths: str) -> list[object]:
        answers: list[object] = json.loads(run("-c", CLIENT, *paths).stdout)
        return answers

    def floor(path: str) -> list[object]:
        (rooms,) = get(f"/rooms?fields=floor&{path}")
        return [room.get("floor") for room in rooms]

    assert "added 3" in rentomatic("import", "-", "--format", "csv", text=ROOMS)
    assert floor("sort=-floor") == [4, 2, None]
    assert floor("filter_floor__gte=3") == [4]
    assert floor("filter_floor__null=true") == [None]
    rentomatic("update", "00000000-0000-0000-0000-000000000002", "floor=7")
    # A column that is absent keeps what is stored.
    without = "\n".join(line.rpartition(",")[0] for line in ROOMS.splitlines()) + "\n"
    assert "unchanged 3" in rentomatic("import", "-", "--format", "csv", text=without)
    assert floor("sort=floor") == [2, 4, 7]
    # An empty cell removes it.
    rentomatic("import", "-", "--format", "csv", text=ROOMS)
    assert floor("sort=floor") == [2, 4, None]
    changes, document = get("/rooms/changes?since=0", "/openapi.json")
    history = [each["room"].get("floor") for each in changes["changes"]]
    assert history == [2, None, 4, 7, None]
    assert document["components"]["schemas"]["Room"]["properties"]["floor"]["maximum"] == 199
    agreement = "tests/contract/test_agreement.py"
    assert "passed" in run("-m", "pytest", "-q", "-p", "no:cacheprovider", agreement).stdout
    run("-m", "yoyo", "rollback", "--batch", "--revision", "0014.floor")
