"""What migrations promise to users of `yoyo`, also when it is killed."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations, shipped_migrations
from tests.commands import CHECKOUT, SECONDS
from tests.databases import ask

YOYO = str(Path(sys.executable).parent / "yoyo")
FIRST = {"0001.first": "create table first ()"}


def start_yoyo(*arguments: str | Path, **variables: str) -> subprocess.Popen[str]:
    """Start the command `yoyo` in the checkout."""
    return subprocess.Popen(
        [YOYO, *arguments],
        cwd=CHECKOUT,
        env=os.environ | variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a command: its status, its output and its errors."""
    with process:
        try:
            output, errors = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    return process.returncode, output, errors


def yoyo(database: PostgresDatabase, *arguments: str | Path) -> str:
    """Let `yoyo` do something to a database; return what it says."""
    status, output, errors = finish(start_yoyo(*arguments, DATABASE_URL=database.url))
    assert status == 0, errors
    return output


def recorded(database: PostgresDatabase) -> list[str]:
    """Name the migrations that are recorded, in the order of their application."""
    return ask(database, "select migration_id from _yoyo_migration order by applied_at_utc")


def tables(database: PostgresDatabase) -> set[str]:
    """Name the tables that are not yoyo's."""
    return {
        name
        for name in ask(database, "select tablename from pg_tables where schemaname = 'public'")
        if "yoyo" not in name
    }


def status_of(listing: str) -> dict[str, str]:
    """Read the table that `yoyo list` prints: migration to A or U."""
    rows = [line.split() for line in listing.splitlines()[2:]]
    return {migration: status for status, migration, _ in rows}


def folder_of(folder: Path, statements: dict[str, str]) -> Path:
    """Write migrations, one for each name."""
    folder.mkdir()
    for name, statement in statements.items():
        (folder / f"{name}.sql").write_text(statement)
    return folder


@pytest.fixture
def empty(new_database: Callable[[], PostgresDatabase]) -> PostgresDatabase:
    """A database with nothing in it, in a server that was there before."""
    database = new_database()
    create_database(database)
    return database


@contextmanager
def asleep(database: PostgresDatabase, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Return a `yoyo apply` that is in the middle of a migration that sleeps."""
    migrator = start_yoyo("apply", folder, DATABASE_URL=database.url)
    sleepers = "select query from pg_stat_activity where wait_event = 'PgSleep' "
    sleepers += "and datname = current_database()"
    try:
        until(lambda: any("pg_sleep" in query for query in ask(database, sleepers)))
        yield migrator
    finally:
        migrator.kill()
        finish(migrator)


def test_up_down_and_up_again_is_the_same_schema(
    empty: PostgresDatabase, embedded: Cluster
) -> None:
    """Rolling back leaves nothing of a migration, and applying again the same as the first time."""

    def dump() -> str:
        command = [embedded.binaries / "pg_dump", "--schema-only", f"--dbname={empty.url}"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        # psql's guard against hostile dumps has a new key each time.
        return "\n".join(line for line in text.splitlines() if "restrict " not in line)

    assert set(status_of(yoyo(empty, "list")).values()) == {"U"}
    before = dump()
    yoyo(empty, "apply")
    assert status_of(yoyo(empty, "list")) == dict.fromkeys(shipped_migrations(), "A")
    after = dump()
    yoyo(empty, "rollback", "--all")
    assert set(status_of(yoyo(empty, "list")).values()) == {"U"}
    assert dump() == before
    # The next command does not silently reapply what was rolled back on purpose.
    assert apply_migrations(empty.url, only_first=True) == []
    yoyo(empty, "apply")
    assert dump() == after != before


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_yoyo_takes_every_spelling_of_the_url(empty: PostgresDatabase, scheme: str) -> None:
    """A bare `yoyo apply` works with the URL of a platform and with that of SQLAlchemy."""
    url = f"{scheme}:{empty.url.partition(':')[2]}"
    status, _, errors = finish(start_yoyo("apply", DATABASE_URL=url))
    assert status == 0, errors
    assert recorded(empty) == list(shipped_migrations())


def test_yoyo_takes_the_variables_of_the_book(empty: PostgresDatabase) -> None:
    """A bare `yoyo apply` works with the POSTGRES_ group; the server may be a socket's folder."""
    with psycopg.connect(empty.url) as connection:
        info = connection.info
        group = {
            "POSTGRES_HOSTNAME": info.host,
            "POSTGRES_PORT": str(info.port),
            "POSTGRES_USER": info.user,
            "POSTGRES_PASSWORD": "any: the server trusts",
            "APPLICATION_DB": info.dbname,
        }
    status, _, errors = finish(start_yoyo("apply", **group))
    assert status == 0, errors
    assert recorded(empty) == list(shipped_migrations())


def test_eight_migrators_at_once_apply_each_migration_once(empty: PostgresDatabase) -> None:
    """Instances that are released together wait for each other, and all succeed."""
    migrators = [start_yoyo("apply", DATABASE_URL=empty.url) for _ in range(8)]
    ends = [finish(migrator) for migrator in migrators]
    assert [status for status, _, _ in ends] == [0] * 8, ends
    assert recorded(empty) == list(shipped_migrations())


def test_a_killed_migrator_leaves_nothing_behind(empty: PostgresDatabase, tmp_path: Path) -> None:
    """After kill -9 in the middle of a migration the next one neither waits nor fails."""
    # Longer than the next one is given.
    slow = {"0002.second": f"create table second (); select pg_sleep({10 * SECONDS})"}
    fast = {"0002.second": "create table second ()"}
    broken = folder_of(tmp_path / "broken", FIRST | slow)
    fixed = folder_of(tmp_path / "fixed", FIRST | fast)
    with asleep(empty, broken) as migrator:
        migrator.kill()
    assert recorded(empty) == ["0001.first"]
    assert tables(empty) == {"first"}
    yoyo(empty, "apply", fixed)
    assert recorded(empty) == ["0001.first", "0002.second"]
    assert tables(empty) == {"first", "second"}


def test_a_migration_and_its_record_are_one_transaction(
    empty: PostgresDatabase, tmp_path: Path
) -> None:
    """A migration that did its work and could not be recorded has left nothing of it."""
    unrecordable = (
        "create table second ();"
        "alter table _yoyo_migration add constraint refused check (migration_id not like '0002%')"
    )
    folder = folder_of(tmp_path / "migrations", FIRST | {"0002.second": unrecordable})
    status, _, errors = finish(start_yoyo("apply", folder, DATABASE_URL=empty.url))
    assert status != 0
    assert "refused" in errors
    assert recorded(empty) == ["0001.first"]
    assert tables(empty) == {"first"}


def test_a_step_that_fails_undoes_the_steps_before_it(
    empty: PostgresDatabase, tmp_path: Path
) -> None:
    """Of a migration whose second statement fails neither table nor record is left."""
    folder = folder_of(
        tmp_path / "migrations", {"0001.first": f"{FIRST['0001.first']}; select 1/0"}
    )
    status, _, errors = finish(start_yoyo("apply", folder, DATABASE_URL=empty.url))
    assert status != 0
    assert "division by zero" in errors
    assert recorded(empty) == []
    assert tables(empty) == set()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:{secret}@127.0.0.1/rooms",
        "postgresql://me:{secret}@127.0.0.1",
        "postgresql://me:{secret}@127.0.0.1:{closed}/rooms",
        "postgresql://me:{secret}@127.0.0.1:words/rooms",
        "postgresql://me:{secret}@[::1/rooms",
        "postgresql://me:%zz{secret}@127.0.0.1:{closed}/rooms",
        "postgresql://me:at@{secret}@127.0.0.1:{closed}/rooms",
        "postgresql://127.0.0.1:{closed}/rooms?user=me&password={secret}%00",
        "host=127.0.0.1 dbname=rooms password={secret}",
    ],
)
def test_a_wrong_url_ends_yoyo_in_one_line_without_the_password(url: str) -> None:
    """A failed connection is one line that is safe to log."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        given = url.format(secret="opensesame", closed=closed.getsockname()[1])
        status, output, errors = finish(start_yoyo("apply", DATABASE_URL=given))
    assert status not in {0, None}
    assert errors.startswith("rentomatic: ")
    assert len(errors.splitlines()) == 1
    assert "opensesame" not in errors + output


def test_half_a_group_ends_yoyo_in_one_line() -> None:
    """Variables of the book that are not all set are named; nothing is embedded instead."""
    status, _, errors = finish(start_yoyo("apply", POSTGRES_HOSTNAME="db", POSTGRES_USER="me"))
    assert status not in {0, None}
    assert len(errors.splitlines()) == 1
    assert "POSTGRES_PASSWORD, APPLICATION_DB" in errors
