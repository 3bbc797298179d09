"""The database itself keeps the times of rooms, whoever writes them."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from uuid import UUID

import psycopg
import pytest
import sqlparse

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.domain.room_times import RoomTimes
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.resources import shipped

MIGRATION = shipped("migrations") / "0012.room-times.sql"
ROLLBACK = shipped("migrations") / "0012.room-times.rollback.sql"
ONE, OTHER = UUID(int=1), UUID(int=2)
INSERT = "insert into room (code, size, price, longitude, latitude)"
OVERWRITE = "on conflict (code) do update set price = excluded.price"


@pytest.fixture
def session(empty_rooms: PostgresDatabase) -> Iterator[psycopg.Connection]:
    """A session that bypasses the service; each of its statements is a transaction."""
    with psycopg.connect(empty_rooms.url, autocommit=True) as connection:
        yield connection


def times(session: psycopg.Connection, code: UUID = ONE) -> RoomTimes:
    """Return the times of a room."""
    columns = "added_at, updated_at, former_price, price_fell_at"
    (row,) = session.execute(f"select {columns} from room where code = %s", [code]).fetchall()
    return RoomTimes(*row)


def add(session: psycopg.Connection, *, price: int = 100) -> RoomTimes:
    """Add a room as the previous release does: it does not know the new columns."""
    with session.cursor().copy(
        "copy room (code, size, price, longitude, latitude) from stdin"
    ) as copy:
        copy.write_row((ONE, 30, price, 1.0, 2.0))
    return times(session)


def test_a_copied_room_has_times(session: psycopg.Connection) -> None:
    """Those of its transaction."""
    added = add(session)
    (now,) = session.execute("select now()").fetchone() or ()
    assert added.added_at == added.updated_at < now


@pytest.mark.parametrize(
    "unchanged",
    [
        "update room set price = price",
        "update room set title = null, price = 100",
        "update room set price = 1 where price = 2",
        f"{INSERT} values ('{ONE}', 30, 100, 1, 2) {OVERWRITE}",
    ],
)
def test_a_row_that_is_written_unchanged_keeps_its_times(
    session: psycopg.Connection, unchanged: str
) -> None:
    """Which only psql does; the service does not write it."""
    added = add(session)
    session.execute(unchanged.encode())
    assert times(session) == added


def test_nobody_else_sets_the_times(session: psycopg.Connection) -> None:
    """What an update says of them does not count."""
    added = add(session)
    session.execute(
        "update room set price = 90, added_at = '2001-01-01', updated_at = '2001-01-01', "
        "former_price = 7, price_fell_at = '2001-01-01'"
    )
    after = times(session)
    assert after.added_at == added.added_at
    assert after.updated_at > added.updated_at
    assert (after.former_price, after.price_fell_at) == (100, after.updated_at)
    session.execute("update room set added_at = '2001-01-01', former_price = 7")
    assert (times(session).added_at, times(session).former_price) == (added.added_at, 100)


def test_another_code_is_another_room(session: psycopg.Connection) -> None:
    """It is removed and added, as the history says."""
    added = add(session)
    session.execute("update room set price = 90")
    session.execute("update room set code = %s, price = 80", [OTHER])
    after = times(session, OTHER)
    assert after.added_at == after.updated_at > added.added_at
    assert (after.former_price, after.price_fell_at) == (None, None)


def test_a_conflict_keeps_when_a_room_was_added(session: psycopg.Connection) -> None:
    """An import of a known room is a change."""
    added = add(session)
    session.execute(
        f"{INSERT} values (%s, 30, 99, 1, 2) {OVERWRITE}",
        [ONE],
    )
    assert times(session).added_at == added.added_at < times(session).updated_at
    assert times(session).former_price == 100


def test_older_rooms_have_the_time_of_the_migration(
    database: PostgresDatabase, make_room: Callable[..., Room]
) -> None:
    """All the same one; no row is written, and the migration can be rolled back and repeated."""
    with psycopg.connect(database.url, autocommit=True) as session:
        session.execute(ROLLBACK.read_bytes())
        session.execute(
            f"{INSERT} select gen_random_uuid(), 30, 40, 1, 2 from generate_series(1, 100)"
        )
        file = "select pg_relation_filenode('room'), pg_relation_size('room')"
        before = session.execute(file).fetchall()
        for _ in range(2):
            for statement in sqlparse.split(MIGRATION.read_text()):
                session.execute(statement.encode())
        assert session.execute(file).fetchall() == before
        found = session.execute("select distinct added_at, updated_at from room").fetchall()
        ((added, updated),) = found
        assert added == updated
        assert isinstance(added, datetime)
    with closing(Connections(database.url)) as connections:
        repository = PostgresRepo(connections)
        repository.add(make_room())
        assert (repository.times([make_room().code]) or {})[make_room().code].added_at > added
        assert repository.fallen(RoomSelection(), 9) == []


def test_the_latest_falls_are_found_by_an_index(session: psycopg.Connection) -> None:
    """However many rooms there are."""
    add(session)
    session.execute("set enable_seqscan = off; set enable_sort = off")
    query = "select * from room where price_fell_at is not null order by price_fell_at desc limit 9"
    plan = str(session.execute(f"explain {query}".encode()).fetchall())
    assert "room_price_fell_at_idx" in plan
