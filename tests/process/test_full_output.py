"""Standard output that is full, closed or left: one line, an exit code, and nothing lost unseen."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.postgresrepo import PostgresRepo
from tests.commands import SECONDS

CODE = "1f6d8d36-4c7e-4f0e-9d1a-6f3b1a0c5e42"
ROOM = ("size=30", "price=75", "longitude=13.45", "latitude=52.51")
HEADER = "code,size,price,longitude,latitude\n"
FULL = "rentomatic: standard output: No space left on device"


@pytest.fixture
def environment(
    postgres_embedded: PostgresRepo, embedded_rooms: PostgresDatabase, rooms: list[Room]
) -> Iterator[dict[str, str]]:
    """The variables of commands on a database with the book's rooms."""
    postgres_embedded.save(rooms)
    yield os.environ | {"DATABASE_URL": embedded_rooms.url}
    postgres_embedded.remove(rooms[0].code)


def run(
    environment: dict[str, str], *arguments: str, shell: str = "", given: str = "", at: str = "/"
) -> tuple[int, str, str]:
    """Run a command, with its streams as the shell redirects them; return how it ended."""
    words = ["sh", "-c", f'exec "$@" {shell}', "sh", sys.executable, "-m", "rentomatic"]
    done = subprocess.run(
        [*words, *arguments],
        cwd=at,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return done.returncode, done.stdout, done.stderr


# What each command writes, and what the line says beside the reason.
COMMANDS = {
    (): "",
    ("help",): "",
    ("--version",): "",
    ("list", "--help"): "",
    ("list",): "",
    ("list", "--format", "table"): "",
    ("summary",): "",
    ("summary", "--format", "table"): "",
    ("relax", "price__lt=1"): "",
    ("relax", "price__lt=1", "--format", "table"): "",
    ("export", "--format", "csv"): "",
    ("get", "f853578c-fc0f-4e65-81b8-566c5dffa35a"): "",
    ("check",): "",
    ("init-postgres",): "; the database exists",
    ("migrate",): "; all migrations are applied",
    ("add", f"code={CODE}", *ROOM): "; the room was added",
    ("update", "f853578c-fc0f-4e65-81b8-566c5dffa35a", "price=40"): "; the room was changed",
    ("remove", "f853578c-fc0f-4e65-81b8-566c5dffa35a", "--yes"): "; the room was removed",
    ("import", "-", "--format", "csv"): "; the good lines were imported",
    ("import", "-", "--format", "csv", "--dry-run"): "; nothing was changed",
}


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_full_disk_is_one_line(
    environment: dict[str, str], arguments: tuple[str, ...], unbuffered: str
) -> None:
    """Whatever the command, with what it has done all the same."""
    given = f"{HEADER}{CODE},30,75,13.45,52.51\n"
    environment = environment | {"PYTHONUNBUFFERED": unbuffered}
    code, _, err = run(environment, *arguments, shell=">/dev/full", given=given)
    assert (code, err) == (1, f"{FULL}{COMMANDS[arguments]}\n")


def test_an_unwritten_token_is_reported_as_invalid(environment: dict[str, str]) -> None:
    """It is on the screen already."""
    code, _, err = run(environment, "token", "new", "--name", "x", shell=">/dev/full")
    assert code == 1
    assert err.endswith(f"\n{FULL}; the token is not valid\n")


@pytest.mark.parametrize("arguments", [(), ("--version",), ("list",), ("export",), ("check",)])
def test_a_closed_output_is_one_line(
    environment: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """As for other commands, and no file is written instead."""
    code, _, err = run(environment, *arguments, shell=">&-")
    assert (code, err) == (1, "rentomatic: standard output: Bad file descriptor\n")


def test_a_closed_standard_error_changes_nothing_else(environment: dict[str, str]) -> None:
    """Neither the rooms nor the exit code."""
    for shell in ("2>&-", "2>/dev/full"):
        code, out, _ = run(environment, "list", "--limit", "2", "--format", "csv", shell=shell)
        assert (code, out.count("\n")) == (0, 3)
        assert run(environment, "list", "prise__lt=1", shell=shell)[:2] == (2, "")


def test_a_reader_that_leaves_is_not_an_error(environment: dict[str, str]) -> None:
    """It has what it wanted."""
    for arguments in (("export",), ("list",), ("help",), ("check",)):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [sys.executable, "-m", "rentomatic", *arguments],
            env=environment,
            stdout=write,
            stderr=subprocess.PIPE,
            check=False,
            timeout=SECONDS,
        )
        os.close(write)
        assert (done.returncode, done.stderr) == (0, b""), arguments


BAD = f"{HEADER}{CODE},30,75,13.45,52.51\nx,1,1,1,1\n"


@pytest.mark.parametrize(
    ("rejects", "shell", "expected"),
    [
        ("/dev/full", "", "/dev/full: No space left on device"),
        ("-", ">/dev/full", "standard output: No space left on device"),
    ],
)
def test_bad_lines_that_cannot_be_stored_are_reported(
    environment: dict[str, str], rejects: str, shell: str, expected: str
) -> None:
    """With what has become of the good ones: here all are written before the bad ones are."""
    arguments = ("import", "-", "--format", "csv", "--skip-bad", "--rejects", rejects)
    code, _, err = run(environment, *arguments, shell=shell, given=BAD)
    assert (code, err) == (1, f"rentomatic: {expected}; the good lines were imported\n")
    many = BAD + "x,1,1,1,1\n" * 20_000
    code, _, err = run(environment, *arguments, shell=shell, given=many)
    assert (code, err) == (1, f"rentomatic: {expected}; nothing was imported\n")


def test_unread_bad_lines_stop_the_import(environment: dict[str, str], tmp_path: Path) -> None:
    """`rentomatic import FILE --skip-bad --rejects - | head` says that nothing is imported."""
    file = tmp_path / "rooms.csv"
    file.write_text(BAD + "x,1,1,1,1\n" * 20_000)
    words = [sys.executable, "-m", "rentomatic", "import", str(file), "--skip-bad"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*words, "--rejects", "-"],
        env=environment,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    os.close(write)
    assert done.returncode == 1
    assert done.stderr == "rentomatic: standard output: Broken pipe; nothing was imported\n"


def test_on_a_terminal_rooms_and_summaries_are_tables(environment: dict[str, str]) -> None:
    """For people; elsewhere they are JSON."""
    for command, first in (("list", "code "), ("summary", "rooms  4")):
        assert run(environment, command)[1].startswith(("[", "{"))
        ours, theirs = pty.openpty()
        done = subprocess.run(
            [sys.executable, "-m", "rentomatic", command],
            env=environment,
            stdout=theirs,
            check=False,
            timeout=SECONDS,
        )
        os.close(theirs)
        assert done.returncode == 0
        assert os.read(ours, 4096).decode().startswith(first)
        os.close(ours)
