"""What PostgreSQL alone promises: constraints, plans, streams, and that it may go away."""

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Thread
from typing import Any

import psycopg
import pytest

from rentomatic.config import ConfigError, PostgresDatabase
from rentomatic.demo import demo_rooms
from rentomatic.domain.room import MAX_PRICE, MAX_SIZE, InvalidRoomError, Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.interface import RepositoryUnavailableError, SaveSummary
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.statement import Statement
from rentomatic.requests.room_fields import FILTER_KEYS
from rentomatic.requests.room_list import PARAMETERS, RoomListRequest, build_room_list_request
from rentomatic.resources import shipped

MakeRoom = Callable[..., Room]
INSERT = "INSERT INTO room(code, size, price, longitude, latitude) VALUES (%s, %s, %s, %s, %s)"


@pytest.fixture
def connection(embedded_rooms: PostgresDatabase) -> Iterator[psycopg.Connection[Any]]:
    """A connection beside the repository's, as a DBA has."""
    with psycopg.connect(embedded_rooms.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def connections(embedded_rooms: PostgresDatabase) -> Iterator[Connections]:
    """The connections of a repository."""
    with closing(Connections(embedded_rooms.url)) as connections:
        yield connections


def test_a_room_that_is_typed_in_psql_is_found(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any], rooms: list[Room]
) -> None:
    """The book's INSERT, by whatever client, is seen by the next search."""
    version = postgres_embedded.version()
    connection.execute(INSERT, list(rooms[0].to_dict().values()))
    assert postgres_embedded.search(RoomListRequest()) == [rooms[0]]
    assert postgres_embedded.version() != version


@pytest.mark.parametrize(
    ("field", "wrong", "edges"),
    [
        ("size", [0, -1], [1, MAX_SIZE]),
        ("price", [-1, MAX_PRICE + 1], [0, MAX_PRICE]),
        ("longitude", [-180.1, 180.1, math.nan, math.inf], [-180, 180]),
        ("latitude", [-90.1, 90.1, math.nan, -math.inf], [-90, 90]),
    ],
)
def test_constraints_mirror_the_entity(
    postgres_embedded: PostgresRepo,
    connection: psycopg.Connection[Any],
    make_room: MakeRoom,
    field: str,
    wrong: list[float],
    edges: list[float],
) -> None:
    """What the table takes is what makes a room, to the edge."""
    values = make_room(1).to_dict()
    for value in wrong:
        with pytest.raises(InvalidRoomError):
            make_room(1, **{field: value})
        with pytest.raises(psycopg.errors.CheckViolation, match=f"room_{field}_check"):
            connection.execute(INSERT, list((values | {field: value}).values()))
    for number, value in enumerate(edges, 1):
        room = make_room(number, **{field: value})
        connection.execute(INSERT, list(room.to_dict().values()))
        assert postgres_embedded.get(room.code) == room


@pytest.mark.parametrize("column", ["code", "size", "price", "longitude", "latitude"])
def test_no_column_may_be_null(
    postgres_embedded: PostgresRepo,
    connection: psycopg.Connection[Any],
    make_room: MakeRoom,
    column: str,
) -> None:
    """Half a room is no room."""
    with pytest.raises(psycopg.errors.NotNullViolation):
        connection.execute(INSERT, list((make_room(1).to_dict() | {column: None}).values()))


@pytest.fixture
def stock(postgres_embedded: PostgresRepo, make_room: MakeRoom) -> list[Room]:
    """Enough rooms, each with values of its own, that an index is worth its while."""
    rooms = [
        make_room(n, size=n, price=n, longitude=n / 200, latitude=n / 400) for n in range(1, 20_001)
    ]
    postgres_embedded.save(rooms)
    return rooms


def test_each_selective_filter_uses_an_index(
    stock: list[Room], connection: psycopg.Connection[Any]
) -> None:
    """No search for a few rooms reads the whole table; only `ne` is never selective."""
    statement = Statement(shipped("sql") / "room_list.sql", {*PARAMETERS, "limit"})
    few = {"eq": 0, "in": 0, "lt": 2, "lte": 2, "gt": -3, "gte": -3}
    for key, (field, operator) in FILTER_KEYS.items():
        if operator == "ne":
            continue
        request = build_room_list_request({key: getattr(stock[few[operator]], field)})
        assert request
        (wanted,) = request.filters
        value = list(wanted.value) if isinstance(wanted.value, tuple) else wanted.value
        parameters = {wanted.parameter: value, "limit": 100}
        text = b"explain " + statement.text(frozenset(parameters))
        plan = "\n".join(row[0] for row in connection.execute(text, parameters))
        assert f"room_{field}" in plan, (key, plan)
        assert "Seq Scan" not in plan, (key, plan)


def test_statistics_are_fresh_after_a_save(
    stock: list[Room], connection: psycopg.Connection[Any]
) -> None:
    """The next search is planned for the rooms that are there now."""
    (estimate,) = connection.execute("select reltuples from pg_class where relname = 'room'")
    assert estimate == (len(stock),)


def test_a_plan_does_not_turn_generic(connections: Connections) -> None:
    """A prepared search is planned for its own values however often it ran."""
    (setting,) = connections.read(lambda c: c.execute("show plan_cache_mode").fetchall())
    assert setting == ("force_custom_plan",)


def test_a_search_is_prepared_once_for_each_set_of_filters(
    postgres_embedded: PostgresRepo,
) -> None:
    """Numbers of any size are one type to PostgreSQL, so the statement is the same."""
    for price in (1, 10**5, 10**10, 10**17):
        request = build_room_list_request({"price__lt": price})
        assert request
        postgres_embedded.search(request)
    prepared = postgres_embedded._connections.read(
        lambda c: c.execute("select count(*) from pg_prepared_statements").fetchall()
    )
    assert prepared == [(1,)]


def test_two_lists_may_hold_numbers_of_different_size(postgres_embedded: PostgresRepo) -> None:
    """Each list is sent as what it is, also in a stream."""
    for limit in (1, "none"):
        request = build_room_list_request({"size__in": [1], "price__in": [MAX_PRICE]}, limit)
        assert request
        assert list(postgres_embedded.search(request)) == []


def test_a_stream_sees_one_moment(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any]
) -> None:
    """Rooms that are added or removed while it is read do not matter."""
    postgres_embedded.save(demo_rooms())
    found = iter(postgres_embedded.search(RoomListRequest(limit=None)))
    first = next(found)
    connection.execute("delete from room")
    assert [first, *found] == list(demo_rooms())
    assert list(postgres_embedded.search(RoomListRequest(limit=None))) == []


def test_a_stream_that_is_left_ends_its_transaction(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any]
) -> None:
    """No snapshot is held for a reader that has gone."""
    postgres_embedded.save(demo_rooms())
    found = postgres_embedded.search(RoomListRequest(limit=None))
    next(iter(found))
    sessions = "select count(*) from pg_stat_activity where state like 'idle in transaction%'"
    assert connection.execute(sessions).fetchall() == [(1,)]
    found.close()  # type: ignore[attr-defined]
    assert connection.execute(sessions).fetchall() == [(0,)]


def test_two_writers_of_the_same_rooms_both_succeed(
    postgres_embedded: PostgresRepo, embedded_rooms: PostgresDatabase, make_room: MakeRoom
) -> None:
    """Each room is added once; the other writer finds it."""
    rooms = [make_room(number) for number in range(1, 3_000)]
    summaries: list[SaveSummary] = []

    def write() -> None:
        with closing(Connections(embedded_rooms.url)) as own:
            summaries.append(PostgresRepo(own).save(rooms))

    writers = [Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sum(summary.added for summary in summaries) == len(rooms)
    assert sum(summary.unchanged for summary in summaries) == 3 * len(rooms)


def backend(connections: Connections) -> int:
    """Tell the process that serves this thread's connection."""
    (row,) = connections.read(lambda c: c.execute("select pg_backend_pid()").fetchall())
    return int(row[0])


def test_a_read_survives_a_connection_that_was_lost(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any], rooms: list[Room]
) -> None:
    """An idle connection that the server ended is replaced unseen."""
    postgres_embedded.save(rooms)
    lost = backend(postgres_embedded._connections)
    connection.execute("select pg_terminate_backend(%s, 1000)", [lost])
    assert postgres_embedded.search(RoomListRequest()) == rooms
    assert backend(postgres_embedded._connections) != lost


def test_a_statement_that_takes_too_long_is_given_up(embedded_rooms: PostgresDatabase) -> None:
    """The connection stays usable."""
    with closing(Connections(embedded_rooms.url, statement_timeout=0.05)) as connections:
        before = backend(connections)
        with pytest.raises(RepositoryUnavailableError, match="statement timeout"):
            connections.read(lambda c: c.execute("select pg_sleep(5)"))
        assert backend(connections) == before


def test_a_bug_is_no_outage(connections: Connections) -> None:
    """Only what may pass by itself is told as such; the rest is for the last resort."""
    with pytest.raises(psycopg.errors.SyntaxError):
        connections.read(lambda c: c.execute("selekt 1"))


def test_a_changed_result_shape_is_survived(
    connections: Connections, connection: psycopg.Connection[Any]
) -> None:
    """A migration under a prepared statement costs a connection, not an answer."""
    connection.execute("create table shape (a int)")
    try:
        read = lambda c: c.execute("select * from shape", prepare=True).fetchall()  # noqa: E731
        assert connections.read(read) == []
        connection.execute("alter table shape add b int")
        assert connections.read(read) == []
    finally:
        connection.execute("drop table shape")


def test_a_urls_own_options_go_first(embedded_rooms: PostgresDatabase) -> None:
    """Hosted databases and schemas are chosen by them."""
    url = f"{embedded_rooms.url}&options=-csearch_path%3Dmine&application_name=mine"
    with closing(Connections(url)) as connections:
        (found,) = connections.read(
            lambda c: c.execute(
                "select current_setting('search_path'), current_setting('application_name'),"
                " current_setting('jit')"
            ).fetchall()
        )
    assert found == ("mine", "mine", "off")


def test_a_url_that_libpq_cannot_read_is_told() -> None:
    """Before anything is connected to."""
    with pytest.raises(ConfigError, match=r"the database's URL cannot be read: .*colour"):
        Connections("postgresql://host/rooms?colour=red")


def end_sessions(connection: psycopg.Connection[Any]) -> None:
    """End every other session of the database."""
    connection.execute(
        "select pg_terminate_backend(pid, 1000) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )


def test_a_stream_whose_server_goes_away_says_so(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any]
) -> None:
    """It is no bug; the next search has a connection again."""
    postgres_embedded.save(demo_rooms())
    found = iter(postgres_embedded.search(RoomListRequest(limit=None)))
    next(found)
    end_sessions(connection)
    with pytest.raises(RepositoryUnavailableError):
        list(found)
    assert len(list(postgres_embedded.search(RoomListRequest(limit=None)))) == 4004


def test_a_stream_that_is_left_after_its_server_is_quiet(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any]
) -> None:
    """Who has gone need not hear of it."""
    postgres_embedded.save(demo_rooms())
    found = iter(postgres_embedded.search(RoomListRequest(limit=None)))
    next(found)
    end_sessions(connection)
    found.close()  # type: ignore[attr-defined]


def test_work_is_done_once_more_when_its_connection_is_lost(
    connections: Connections, connection: psycopg.Connection[Any]
) -> None:
    """A read, between its beginning and its end; a write is never repeated."""
    attempts = []

    def work(own: psycopg.Connection[Any]) -> list[Any]:
        attempts.append(own)
        if len(attempts) == 1:
            end_sessions(connection)
        return own.execute("select 1").fetchall()

    assert connections.read(work) == [(1,)]
    assert len(attempts) == 2
    attempts.clear()
    with pytest.raises(RepositoryUnavailableError):
        connections.write(work)
    assert len(attempts) == 1


def test_an_outage_is_told_once(
    embedded_rooms: PostgresDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    """One line when the database goes, whatever number of requests notices, without a password."""
    url = embedded_rooms.url.replace("@/", ":hidden-password@/").replace("host=", "host=%2Fnone")
    with closing(Connections(url)) as connections:
        for _ in range(3):
            with pytest.raises(RepositoryUnavailableError):
                PostgresRepo(connections).search(RoomListRequest(limit=None))
    (line,) = caplog.messages
    assert line.startswith("the database cannot answer: ")
    assert "hidden-password" not in line
    assert "\n" not in line


def test_a_database_without_tables_cannot_answer_and_says_what_it_lacks(
    new_database: Callable[[], PostgresDatabase], embedded: object
) -> None:
    """Not migrated yet is a state that passes."""
    database = new_database()
    with psycopg.connect(database.maintenance_url, autocommit=True) as maintenance:
        maintenance.execute(f"create database {database.name}")
    with closing(Connections(database.url)) as connections:
        repository = PostgresRepo(connections)
        with pytest.raises(RepositoryUnavailableError):
            repository.search(RoomListRequest())
        assert repository.schema().missing == ("0001.create-room",)
