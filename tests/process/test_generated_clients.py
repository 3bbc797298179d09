"""Clients that are generated from the OpenAPI document work: each is made, checked and run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from rentomatic.tokens import new_token, token_line
from tests.commands import LONG, Command, Commands
from tests.conftest import CLIENTS, why_no_typescript
from tests.npm import packages_of

TOKEN = new_token()
BINARIES = Path(sys.executable).parent
# The generator has no bodies of these types; their operation is generated for JSON.
UNSUPPORTED = [f"Unsupported content type {each}" for each in ("text/csv", "application/x-ndjson")]


@pytest.fixture
def service(commands: Commands) -> Command:
    """A service with made-up rooms that the clients may change."""
    return commands.serve("--demo", RENTOMATIC_TOKENS=token_line("clients", TOKEN))


@pytest.fixture
def document(service: Command, tmp_path: Path) -> Path:
    """Its document, in a file."""
    path = tmp_path / "openapi.json"
    with urlopen(f"http://127.0.0.1:{service.port}/openapi.json") as answer:
        path.write_bytes(answer.read())
    return path


def run(*command: object, at: Path, **variables: str) -> str:
    """Run a command; fail with what it says if it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=at,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.mark.skipif(bool(why_no_typescript()), reason=why_no_typescript())
def test_a_client_in_typescript(service: Command, document: Path) -> None:
    """Of openapi-typescript and openapi-fetch, checked strictly: lists, whole rooms, conditions."""
    folder = document.parent
    (folder / "node_modules").symlink_to(packages_of(CLIENTS))
    for name in ("package.json", "tsconfig.json", "client.ts"):
        shutil.copy(CLIENTS / name, folder)
    tools = packages_of(CLIENTS) / ".bin"
    run(tools / "openapi-typescript", document, "--output", "schema.d.ts", at=folder)
    run(tools / "tsc", "--project", "tsconfig.json", at=folder)
    run("node", "client.js", f"http://127.0.0.1:{service.port}", TOKEN, at=folder)


def test_a_client_in_python(service: Command, document: Path) -> None:
    """Of openapi-python-client, which leaves nothing out: lists, whole rooms, conditions."""
    folder = document.parent
    made = folder / "pyclient"
    where = ("--path", document, "--output-path", made)
    said = run(
        BINARIES / "openapi-python-client",
        "generate",
        *("--meta", "none", *where),
        at=folder,
        PATH=f"{BINARIES}{os.pathsep}{os.environ['PATH']}",
    )
    warnings = [line for line in said.splitlines() if line.startswith(("WARNING", "Unsupported"))]
    # The generator has no name for the media types of a picture and a feed.
    nameless = ("/assets/", "/rooms/feed")
    warnings = [line for line in warnings if not any(each in line for each in nameless)]
    assert warnings[1::2] == UNSUPPORTED, said
    assert warnings[::2] == ["WARNING parsing POST /rooms within rooms."] * len(UNSUPPORTED), said
    operations = json.loads(document.read_text())["paths"].values()
    made_of = {path.stem for path in (made / "api").glob("*/*.py")} - {"__init__"}
    assert made_of == {each["operationId"] for path in operations for each in path.values()}
    url = f"http://127.0.0.1:{service.port}"
    run(sys.executable, CLIENTS / "client.py", url, TOKEN, at=folder, PYTHONPATH=str(folder))
