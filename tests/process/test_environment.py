"""Variables that libraries read neither break a command nor change what it does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rentomatic.cli import main
from rentomatic.config import PostgresDatabase
from rentomatic.environment import FOREIGN, prepare_environment
from rentomatic.variables import ConfigError
from tests.commands import CHECKOUT, SECONDS, Commands

YOYO = str(Path(sys.executable).parent / "yoyo")
GUNICORN = ["--config", "ops/gunicorn.conf.py", "--check-config"]
COMMANDS = [
    [sys.executable, "-m", "rentomatic", "list"],
    [sys.executable, "-m", "rentomatic.server", *GUNICORN],
    [YOYO, "list"],
]


def run(
    command: list[str], database: PostgresDatabase, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in the checkout."""
    environment = os.environ | {"DATABASE_URL": database.url} | variables
    return subprocess.run(
        command,
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@pytest.mark.parametrize("value", ["", "auto", "2.5"])
def test_the_version_is_reported_whatever_is_set(
    embedded_rooms: PostgresDatabase, value: str
) -> None:
    """gunicorn, which would fail because of it, is not needed for that."""
    command = [sys.executable, "-m", "rentomatic", "--version"]
    result = run(command, embedded_rooms, WEB_CONCURRENCY=value, FORWARDED_ALLOW_IPS=value)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("command", COMMANDS, ids=["rentomatic", "server", "yoyo"])
def test_empty_means_the_default(embedded_rooms: PostgresDatabase, command: list[str]) -> None:
    """Of each variable that gunicorn or libpq reads, as shells and compose files leave them."""
    names = [*(setting.name for setting in FOREIGN), "PGSERVICE", "PGMINPROTOCOLVERSION", "PGTZ"]
    result = run(command, embedded_rooms, **dict.fromkeys(names, ""))
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("command", COMMANDS, ids=["rentomatic", "server", "yoyo"])
@pytest.mark.parametrize("name", ["WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "PGPORT"])
def test_a_wrong_variable_is_named_in_one_line(
    embedded_rooms: PostgresDatabase, command: list[str], name: str
) -> None:
    """And no traceback of the library's."""
    result = run(command, embedded_rooms, **{name: "auto"})
    assert result.returncode == 1
    assert result.stderr.startswith(f"rentomatic: {name} must be ")
    assert result.stderr.endswith(", not 'auto'\n")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("name", [setting.name for setting in FOREIGN])
def test_each_variable_is_read_as_its_library_reads_it(name: str) -> None:
    """Unbalanced quotes are wrong for all of them."""
    with pytest.raises(ConfigError, match=f"^{name} must be "):
        prepare_environment({name: "'x"})


@pytest.mark.parametrize(
    "variables",
    [
        {"PGTZ": "Asia/Tokyo"},
        {"PGTZ": "Nowhere"},
        {"PGDATESTYLE": "SQL, DMY"},
        {"PGCLIENTENCODING": "LATIN1"},
        {"PGGEQO": "perhaps"},
        {"PGOPTIONS": "-c timezone=Asia/Tokyo -c statement_timeout=9999"},
    ],
)
def test_sessions_do_not_depend_on_the_callers_environment(
    embedded_rooms: PostgresDatabase, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What libpq sends with each of them; PGOPTIONS are said, as options of the URL are."""
    monkeypatch.setenv("DATABASE_URL", embedded_rooms.url)
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    assert main(["check"]) == 0


def test_an_embedded_server_is_reached_whatever_is_set(commands: Commands) -> None:
    """They are about another server."""
    elsewhere = {
        "PGHOSTADDR": "127.0.0.1",
        "PGPORT": "6543",
        "PGREQUIREAUTH": "scram-sha-256",
        "PGSERVICE": "nothing",
        "PGSSLMODE": "verify-full",
        "PGTARGETSESSIONATTRS": "standby",
        "PGUSER": "nobody",
    }
    assert commands.run("list", **elsewhere).printed == "[]\n"
    assert commands.run("list").printed == "[]\n"
