"""PostgreSQL may go down at any time: the effects, and how they are reported."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.demo import demo_rooms
from rentomatic.domain.room import Room
from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.migrations import shipped_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.variables import ConfigError


def backend(connections: Connections) -> int:
    """Return the process that serves this thread's connection."""
    (row,) = connections.read(lambda connection: connection.run("select pg_backend_pid()"))
    return int(row[0])


def end_sessions(connection: psycopg.Connection[Any]) -> None:
    """End every other session of the database."""
    connection.execute(
        "select pg_terminate_backend(pid, 1000) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )


def test_a_read_survives_a_connection_that_was_lost(
    postgres_embedded: PostgresRepo,
    embedded_connections: Connections,
    connection: psycopg.Connection[Any],
    rooms: list[Room],
) -> None:
    """An idle connection that the server closed is replaced silently."""
    postgres_embedded.save(rooms)
    lost = backend(embedded_connections)
    connection.execute("select pg_terminate_backend(%s, 1000)", [lost])
    assert postgres_embedded.search(RoomListRequest()).rooms == rooms
    assert backend(embedded_connections) != lost


def test_work_is_done_once_more_when_its_connection_is_lost(
    connections: Connections, connection: psycopg.Connection[Any]
) -> None:
    """A read is retried, but a write never is."""
    attempts = []

    def work(own: Connection) -> list[Any]:
        attempts.append(own)
        if len(attempts) == 1:
            end_sessions(connection)
        return own.run("select 1")

    assert connections.read(work) == [(1,)]
    assert len(attempts) == 2
    attempts.clear()
    with pytest.raises(RepositoryUnavailableError):
        connections.write(work)
    assert len(attempts) == 1


def test_a_statement_that_takes_too_long_is_cancelled(embedded_rooms: PostgresDatabase) -> None:
    """The connection stays usable."""
    with closing(Connections(embedded_rooms.url, statement_timeout=0.05)) as connections:
        before = backend(connections)
        with pytest.raises(RepositoryUnavailableError, match="statement timeout"):
            connections.read(lambda connection: connection.run("select pg_sleep(5)"))
        assert backend(connections) == before


def test_a_bug_is_not_an_outage(connections: Connections) -> None:
    """Only errors that may be temporary are translated; others are raised as they are."""
    with pytest.raises(psycopg.errors.SyntaxError):
        connections.read(lambda connection: connection.run("selekt 1"))


def test_a_changed_result_shape_is_survived(
    connections: Connections, connection: psycopg.Connection[Any]
) -> None:
    """A migration that changes a prepared statement costs a connection, not an answer."""
    connection.execute("create table shape (a int)")
    try:
        read = lambda connection: connection.run("select * from shape")  # noqa: E731
        assert connections.read(read) == []
        connection.execute("alter table shape add b int")
        assert connections.read(read) == []
    finally:
        connection.execute("drop table shape")


def test_the_options_of_a_url_take_precedence(embedded_rooms: PostgresDatabase) -> None:
    """Hosted databases and schemas are selected with them."""
    url = f"{embedded_rooms.url}&options=-csearch_path%3Dmine&application_name=mine"
    with closing(Connections(url)) as connections:
        (found,) = connections.read(
            lambda connection: connection.run(
                "select current_setting('search_path'), current_setting('application_name'),"
                " current_setting('jit')"
            )
        )
    assert found == ("mine", "mine", "off")


def test_a_url_that_libpq_cannot_parse_is_refused() -> None:
    """It is refused before any attempt to connect."""
    with pytest.raises(ConfigError, match=r"the database URL is not valid: .*colour"):
        Connections("postgresql://host/rooms?colour=red")


def test_a_stream_whose_server_goes_away_says_so(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any]
) -> None:
    """That is not a bug, and the next search has a connection again."""
    postgres_embedded.save(demo_rooms())
    found = iter(postgres_embedded.search(RoomListRequest(limit=None)).rooms)
    next(found)
    end_sessions(connection)
    with pytest.raises(RepositoryUnavailableError):
        list(found)
    assert len(list(postgres_embedded.search(RoomListRequest(limit=None)).rooms)) == 4004


def test_a_stream_can_be_closed_after_its_server_went_away(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any]
) -> None:
    """A reader that stops early gets no error, and the next search has a connection again."""
    postgres_embedded.save(demo_rooms())
    found = iter(postgres_embedded.search(RoomListRequest(limit=None)).rooms)
    next(found)
    end_sessions(connection)
    found.close()  # type: ignore[attr-defined]
    assert list(found) == []
    assert len(list(postgres_embedded.search(RoomListRequest(limit=None)).rooms)) == 4004


def test_an_outage_is_logged_once(
    embedded_rooms: PostgresDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    """There is one line, without a password, however many requests notice it."""
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
    """A missing migration is a temporary state."""
    database = new_database()
    with psycopg.connect(database.maintenance_url, autocommit=True) as maintenance:
        maintenance.execute(f"create database {database.name}")
    with closing(Connections(database.url)) as connections:
        repository = PostgresRepo(connections)
        with pytest.raises(RepositoryUnavailableError):
            repository.search(RoomListRequest())
        assert repository.schema().missing == shipped_migrations()
