"""Migrations as used by programs; tests/process tests the `yoyo` command."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations, compare_schema, shipped_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.results import Schema
from rentomatic.resources import shipped

NEWER = "9999.of-the-next-release"


@pytest.fixture
def empty(new_database: Callable[[], PostgresDatabase]) -> PostgresDatabase:
    """An empty database."""
    database = new_database()
    create_database(database)
    return database


def recorded(database: PostgresDatabase) -> list[str]:
    """Return the recorded migrations, in the order in which they were applied."""
    with psycopg.connect(database.url) as connection:
        records = "select migration_id from _yoyo_migration order by applied_at_utc"
        return [name for (name,) in connection.execute(records)]


def test_an_empty_database_gets_all_migrations_once(empty: PostgresDatabase) -> None:
    """The first run applies every migration in order, the second finds nothing to do."""
    assert apply_migrations(empty.url) == list(shipped_migrations())
    assert apply_migrations(empty.url) == []
    assert recorded(empty) == list(shipped_migrations())


def test_a_repository_names_missing_and_newer_migrations(empty: PostgresDatabase) -> None:
    """An empty database lacks all of them, and a migrated one none; a newer one is recognized."""
    with closing(Connections(empty.url)) as connections:
        repository = PostgresRepo(connections)
        assert repository.schema() == Schema(missing=shipped_migrations(), newer=())
        apply_migrations(empty.url)
        assert repository.schema() == Schema(latest=shipped_migrations()[-1])
        with psycopg.connect(empty.url) as connection:
            connection.execute(
                "insert into _yoyo_migration (migration_hash, migration_id, applied_at_utc)"
                " values ('hash', %s, now())",
                [NEWER],
            )
        assert repository.schema() == Schema(newer=(NEWER,), latest=NEWER)


def test_schemas_are_compared_by_the_names_of_migrations() -> None:
    """Missing ones are in the order to apply them, newer ones are sorted."""
    first, *rest = shipped_migrations()
    assert compare_schema([NEWER, first, "9998.other"]) == Schema(
        missing=tuple(rest), newer=("9998.other", NEWER), latest=NEWER
    )


def test_every_migration_has_a_rollback() -> None:
    """Next to each migration is the SQL that undoes it."""
    names = shipped_migrations()
    assert names
    assert list(names) == sorted(names)
    files = {file.name for file in shipped("migrations").glob("*.sql")}
    assert files == {f"{name}{kind}" for name in names for kind in (".sql", ".rollback.sql")}
    assert all((shipped("migrations") / file).read_text().strip() for file in files)


@pytest.mark.parametrize("kind", ["", ".rollback"])
def test_a_migration_that_may_stop_half_way_can_be_repeated(
    empty: PostgresDatabase, kind: str
) -> None:
    """Each statement of 0009 is a transaction of its own."""
    apply_migrations(empty.url)
    text = (shipped("migrations") / f"0009.index-described-rooms{kind}.sql").read_text()
    with psycopg.connect(empty.url, autocommit=True) as connection:
        for _ in range(2):
            for statement in text.split(";"):
                connection.execute(statement.encode())


def test_every_constraint_is_valid(empty: PostgresDatabase) -> None:
    """Also those that were added without reading the rooms that there are."""
    apply_migrations(empty.url)
    with psycopg.connect(empty.url) as connection:
        found = connection.execute("select conname from pg_constraint where not convalidated")
        assert found.fetchall() == []


def test_cities_are_counted_without_the_table(empty: PostgresDatabase) -> None:
    """As a summary counts them: an index has the key and the spelling."""
    apply_migrations(empty.url)
    count = "select city_key, city, count(*) from room where city_key is not null group by 1, 2"
    with psycopg.connect(empty.url) as connection:
        connection.execute("set enable_seqscan = off; set enable_bitmapscan = off")
        plan = str(connection.execute(f"explain {count}").fetchall())
    assert "Index Only Scan using room_city_key_city_idx" in plan


def test_a_rollback_waits_for_a_writer_and_does_not_block_it(empty: PostgresDatabase) -> None:
    """Both lock the rooms first, and then the changes."""
    apply_migrations(empty.url)
    later = (shipped("migrations") / "0010.search-words.rollback.sql").read_bytes()
    text = (shipped("migrations") / "0008.describe-rooms.rollback.sql").read_bytes()
    waits = "select count(*) from pg_locks where pid = %s and not granted"
    with (
        psycopg.connect(empty.url) as writer,
        psycopg.connect(empty.url) as other,
        ThreadPoolExecutor() as pool,
    ):
        writer.execute(later)
        writer.commit()
        writer.execute("lock table room in row exclusive mode")
        rollback = pool.submit(other.execute, text)
        until(lambda: writer.execute(waits, [other.info.backend_pid]).fetchone() == (1,))
        writer.execute("lock table room_change in row exclusive mode")
        writer.commit()
        rollback.result()
