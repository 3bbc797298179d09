"""`rentomatic migrate` brings the schema of a database up to date."""

from collections.abc import Callable

import psycopg
import pytest
from yoyo.connections import DatabaseURI
from yoyo.migrations import default_migration_table

from rentomatic.config import PostgresDatabase
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import LockedBackend, shipped_migrations
from tests.cli.conftest import Run


@pytest.fixture
def empty(
    run: Run, new_database: Callable[[], PostgresDatabase], monkeypatch: pytest.MonkeyPatch
) -> PostgresDatabase:
    """A configured database without migrations."""
    database = new_database()
    create_database(database)
    monkeypatch.setenv("DATABASE_URL", database.url)
    return database


def test_it_applies_what_is_missing_and_names_it(run: Run, empty: PostgresDatabase) -> None:
    """Each migration is named once; then the database is ready, and nothing is left to do."""
    names = [f"applied {name}" for name in shipped_migrations()]
    assert run("migrate") == (0, "\n".join([*names, ""]), "")
    assert run("list") == (0, "[]\n", "")
    assert run("migrate") == (0, "all migrations are already applied\n", "")


def test_a_database_that_is_missing_is_one_line(
    run: Run, new_database: Callable[[], PostgresDatabase], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's reason, without a traceback."""
    database = new_database()
    monkeypatch.setenv("DATABASE_URL", database.url)
    code, out, err = run("migrate")
    assert (code, out, len(err.splitlines())) == (4, "", 1)
    assert f'"{database.name}" does not exist' in err


def test_a_migration_that_fails_is_one_line(run: Run, empty: PostgresDatabase) -> None:
    """The server's reason; a foreign table stays, and the migration leaves nothing behind."""
    with psycopg.connect(empty.url) as connection:
        connection.execute("create table room (theirs text)")
    code, out, err = run("migrate")
    assert (code, out, len(err.splitlines())) == (4, "", 1)
    assert "already exists" in err


def test_another_migration_that_does_not_end_is_reported(
    run: Run, empty: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time-out of the lock, one line says that another one is running."""
    lock = LockedBackend.lock
    monkeypatch.setattr(LockedBackend, "lock", lambda backend: lock(backend, timeout=1))
    uri = DatabaseURI("rentomatic", None, None, None, None, None, {"conninfo": empty.url})
    with LockedBackend(uri, default_migration_table) as backend, backend.lock():
        code, out, err = run("migrate")
    assert (code, out) == (4, "")
    assert "another migration has been running for 1 s" in err
