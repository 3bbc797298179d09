"""The runbook's commands make, rotate and revoke tokens."""

import json
import re
from collections.abc import Iterator

import pytest
from testbed.machine import TOKENS, Machine
from testbed.waiting import until

from tests.ops.systemd.conftest import runbook

ROOM = {"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}
MAKE, TRY, ROTATE, WHO, REMOVE, MADE = runbook("Tokens")


def make(machine: Machine, script: str) -> str:
    """Run a script that makes a token and reloads; return the token."""
    done = machine.try_to("sh", "-euc", script)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    found = re.search(r"shown only now: (rom_\S+)", done.stderr)
    assert found
    return found[1]


def status(machine: Machine, token: str) -> str:
    """Return the status of the runbook's request that checks a token."""
    return machine.shell(f"TOKEN={token}\n{TRY}")


def write(machine: Machine, token: str, method: str, path: str, values: object = None) -> int:
    """Write through nginx."""
    options = ["--request", method, "--header", f"Authorization: Bearer {token}"]
    if values:
        options += ["--header", "Content-Type: application/json", "--data", json.dumps(values)]
    return machine.get(path, *options).status


@pytest.fixture
def empty(machine: Machine) -> Iterator[Machine]:
    """The machine, without tokens before and after."""
    assert status(machine, "any") == "403"
    yield machine
    machine.shell(f": >{TOKENS}; systemctl reload rentomatic")
    until(lambda: status(machine, "any") == "403")


def test_a_token_is_made_rotated_and_revoked(empty: Machine) -> None:
    """The old token is valid until it is removed, the new one afterwards too; reads never fail."""
    code = "00000000-0000-4000-8000-000000000001"
    with empty.load() as load:
        old = make(empty, MAKE)
        until(lambda: status(empty, old) == "404")
        assert write(empty, old, "POST", "/rooms", {"code": code, **ROOM}) == 201
        new = make(empty, ROTATE)
        until(lambda: status(empty, new) == "404")
        assert status(empty, old) == "404"
        empty.shell(REMOVE)
        until(lambda: status(empty, old) == "401")
        until(lambda: status(empty, new) == "404")
        assert write(empty, old, "DELETE", f"/rooms/{code}") == 401
        assert write(empty, new, "DELETE", f"/rooms/{code}") == 204
    assert load.requests > 0
    assert load.failed == {}
    written = [json.loads(line) for line in empty.shell(WHO).splitlines()]
    assert ["POST", "/rooms", 201] in [line[2:] for line in written]
    assert ["DELETE", f"/rooms/{code}", 204] not in [line[2:] for line in written]
    (change,) = (line for line in empty.shell(MADE).splitlines() if code in line)
    assert "added" in change
    assert empty.run("stat", "--format=%a %U:%G", TOKENS) == "640 root:rentomatic"
    assert old not in empty.run("journalctl", "--output=cat")


def test_a_mistake_in_the_file_changes_nothing(empty: Machine) -> None:
    """The reload fails and says why; tokens stay valid, and the same workers keep serving."""
    token = make(empty, MAKE)
    until(lambda: status(empty, token) == "404")
    empty.shell(f"echo office-2 >>{TOKENS}")
    before = empty.main_process()
    assert empty.try_to("systemctl", "reload", "rentomatic").returncode
    assert (empty.main_process(), status(empty, token)) == (before, "404")
    empty.logs("RENTOMATIC_TOKENS_FILE must be a file of lines of `rentomatic token new`")
