"""`rentomatic import` that does not reach the end of its file: it changes nothing and says why."""

import fcntl
import os
import pwd
import signal
import subprocess
import sys
import termios
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.repository.postgresrepo import PostgresRepo
from tests.cli.conftest import Run
from tests.cli.imports import HEADER, count
from tests.databases import ask


@contextmanager
def unprivileged() -> Iterator[str]:
    """Act as an account that cannot read everything; yield its name."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield pwd.getpwuid(os.geteuid()).pw_name
    finally:
        os.seteuid(before)


def test_a_file_that_the_account_may_not_read_is_reported(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the account, which may not be the caller's, and with a solution."""
    monkeypatch.chdir(tmp_path)
    Path("my offers.csv").write_text(HEADER)
    Path("my offers.csv").chmod(0)
    with unprivileged() as account:
        code, out, err = run("import", f"{tmp_path}/my offers.csv")
    assert (code, out) == (1, "")
    assert err == (
        f"rentomatic: {tmp_path}/my offers.csv: the account {account}, which runs this command, "
        f"may not read it; use standard input: rentomatic import - <'{tmp_path}/my offers.csv'\n"
    )


def start(url: str, *arguments: str) -> subprocess.Popen[str]:
    """Start an import of standard input; return it when it has begun to read."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rentomatic", "import", "-", *arguments],
        env=os.environ | {"DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    process.stdin.write(f"{HEADER}\n00000000-0000-0000-0000-000000000001,1,1,0,0\n")
    process.stdin.flush()
    unread = array("i", [1])

    def is_read() -> bool:
        assert process.stdin
        fcntl.ioctl(process.stdin, termios.FIONREAD, unread)
        return unread[0] == 0

    until(is_read)
    return process


def stop(process: subprocess.Popen[str], sent: signal.Signals) -> tuple[int, str, str]:
    """Interrupt a command; return its exit code, output and errors."""
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_interrupted_says_that_it_changed_nothing(
    embedded_rooms: PostgresDatabase, postgres_embedded: PostgresRepo, sent: signal.Signals
) -> None:
    """While it reads, and while it waits for the database."""
    nothing = (130, "", "rentomatic: interrupted; nothing was imported\n")
    assert stop(start(embedded_rooms.url), sent) == nothing
    waits = "select count(*) from pg_locks where not granted and relation = 'room'::regclass"
    with psycopg.connect(embedded_rooms.url) as connection:
        connection.execute("lock table room in share mode")
        process = start(embedded_rooms.url)
        assert process.stdin
        process.stdin.close()
        process.stdin = None
        until(lambda: ask(embedded_rooms, waits) == [1])
        assert stop(process, sent) == nothing
    assert count(postgres_embedded) == 0


def test_an_import_that_is_interrupted_while_it_is_saved_says_so(
    embedded_rooms: PostgresDatabase, postgres_embedded: PostgresRepo
) -> None:
    """Because the rooms may or may not have been saved."""
    waits = "select count(*) from pg_stat_activity where query = 'COMMIT' and state = 'active'"
    slow = (
        "create function wait_a_moment() returns trigger language plpgsql as"
        " 'begin perform pg_sleep(30); return null; end'"
    )
    trigger = (
        "create constraint trigger slow after insert on room deferrable initially deferred"
        " for each row execute function wait_a_moment()"
    )
    with psycopg.connect(embedded_rooms.url, autocommit=True) as connection:
        connection.execute(slow)
        connection.execute(trigger)
        try:
            process = start(embedded_rooms.url)
            assert process.stdin
            process.stdin.close()
            process.stdin = None
            until(lambda: ask(embedded_rooms, waits) == [1])
            assert stop(process, signal.SIGINT) == (
                130,
                "",
                "rentomatic: interrupted while saving; import the file again to be sure\n",
            )
        finally:
            connection.execute("drop function wait_a_moment cascade")
    assert count(postgres_embedded) == 0


def test_an_endless_line_takes_no_memory(run: Run, tmp_path: Path) -> None:
    """Neither its end nor anything behind it is read."""
    path = tmp_path / "a.ndjson"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    code, _, err = run("import", path, "--skip-bad", "--dry-run")
    assert code == 2
    assert "line 1: is longer than 1048576 characters; a line must be one object" in err


def test_import_changes_nothing_when_a_file_cannot_be_read_to_its_end(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_embedded: PostgresRepo
) -> None:
    """Not even with --skip-bad, as the rest of the file is unknown."""
    monkeypatch.chdir(tmp_path)
    good = [f"00000000-0000-0000-0000-{n:012d},1,1,0,0" for n in range(9)]
    lines = [HEADER, *good[:3], f'"{good[3]}', *good[4:]]
    Path("torn.csv").write_text("\n".join(lines))
    code, out, err = run("import", "torn.csv", "--skip-bad")
    assert (code, out) == (2, "")
    assert "line 5: is not CSV, so what follows cannot be read" in err
    assert count(postgres_embedded) == 4
    assert not Path("torn.rejected.csv").exists()
