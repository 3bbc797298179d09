"""A write with a key is made once, however often it is repeated."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import KeyReusedError, RepositoryUnavailableError
from rentomatic.repository.interface import IdempotencyKey, RoomRepository, StoredAnswer
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest

MakeRoom = Callable[..., Room]
ANSWER = {
    "status": 201,
    "headers": [["Location", "/rooms/1"], ["ETag", '"1"']],
    "body": '{"code":"1","note":"\\u0000 ü"}',
}
TWINS = 8
ACTOR = "office"


@pytest.fixture
def connections(
    database: PostgresDatabase,
) -> Iterator[Connections]:
    """Connections to the test's own database."""
    with closing(Connections(database.url)) as connections:
        yield connections


@pytest.fixture
def keys(connections: Connections) -> PostgresIdempotency:
    """The object under test."""
    return PostgresIdempotency(connections, PostgresRepo(connections))


@pytest.fixture
def repository(connections: Connections) -> PostgresRepo:
    """The rooms, on the same connections."""
    return PostgresRepo(connections)


def rooms_of(repository: PostgresRepo) -> list[Room]:
    """Return all rooms."""
    return list(repository.search(RoomListRequest()).rooms)


def key(
    name: str = "a", fingerprint: str = "f", scope: str = "office POST /rooms"
) -> IdempotencyKey:
    """Make a key."""
    return IdempotencyKey(scope, name, fingerprint)


def test_a_write_may_take_long_to_arrive(database: PostgresDatabase, make_room: MakeRoom) -> None:
    """A session may be idle longer than usual while a batch is received."""
    options = "-c%20idle_in_transaction_session_timeout%3D50ms"
    with closing(Connections(f"{database.url}&options={options}")) as connections:
        repository = PostgresRepo(connections)

        def write(rooms: RoomRepository) -> StoredAnswer:
            time.sleep(0.3)
            rooms.add(make_room(1))
            return ANSWER

        assert PostgresIdempotency(connections, repository).once(key(), ACTOR, write) == ANSWER
        assert rooms_of(repository) == [make_room(1)]


def test_a_write_is_made_once(
    keys: PostgresIdempotency, repository: PostgresRepo, make_room: MakeRoom
) -> None:
    """A repeated write gets the stored answer with its headers; each scope has its own keys."""
    numbers = iter(range(1, 10))

    def write(rooms: RoomRepository) -> StoredAnswer:
        rooms.add(make_room(next(numbers)))
        return ANSWER

    assert keys.once(key(), ACTOR, write) == ANSWER
    assert keys.once(key(), ACTOR, write) == ANSWER
    assert rooms_of(repository) == [make_room(1)]
    assert keys.once(key(scope="portal POST /rooms"), ACTOR, write) == ANSWER
    assert keys.once(key("b"), ACTOR, write) == ANSWER
    assert len(rooms_of(repository)) == 3


def test_answers_of_the_release_before_can_be_read(
    keys: PostgresIdempotency, database: PostgresDatabase
) -> None:
    """It wrote the columns itself; the answers to writes before an upgrade are still returned."""
    with psycopg.connect(database.url) as connection:
        connection.execute(
            "insert into idempotency_key (scope, key, fingerprint, status, headers, body)"
            " values (%s, %s, %s, %s, %s, %s)",
            (
                *(key().scope, key().key, key().fingerprint),
                *(ANSWER["status"], Jsonb(ANSWER["headers"]), str(ANSWER["body"]).encode()),
            ),
        )
    assert keys.once(key(), ACTOR, lambda _rooms: pytest.fail("it was written again")) == ANSWER


def test_a_key_is_for_one_request(keys: PostgresIdempotency) -> None:
    """The same key with another request is an error."""
    keys.once(key(), ACTOR, lambda _rooms: ANSWER)
    with pytest.raises(KeyReusedError):
        keys.once(key(fingerprint="g"), ACTOR, lambda _rooms: ANSWER)


def test_a_failed_write_is_not_stored(
    keys: PostgresIdempotency, repository: PostgresRepo, make_room: MakeRoom
) -> None:
    """Its changes and its key are rolled back together."""

    def refused(rooms: RoomRepository) -> StoredAnswer:
        rooms.add(make_room(1))
        raise LookupError

    with pytest.raises(LookupError):
        keys.once(key(), ACTOR, refused)
    assert rooms_of(repository) == []
    assert keys.once(key(), ACTOR, lambda _rooms: ANSWER) == ANSWER


def test_simultaneous_requests_wait_for_each_other(
    keys: PostgresIdempotency,
    repository: PostgresRepo,
    connections: Connections,
    database: PostgresDatabase,
    make_room: MakeRoom,
) -> None:
    """One of them writes, and all get its answer."""
    barrier = Barrier(TWINS)

    def send(number: int) -> StoredAnswer | None:
        def write(rooms: RoomRepository) -> StoredAnswer:
            rooms.add(make_room(number + 1))
            return ANSWER | {"body": str(number)}

        barrier.wait()
        try:
            return keys.once(key(), ACTOR, write)
        finally:
            barrier.wait()
            connections.close()

    with ThreadPoolExecutor(TWINS) as pool:
        answers = list(pool.map(send, range(TWINS)))
    assert len({answer["body"] for answer in answers if answer}) == 1
    assert None not in answers
    assert count(database) == 1


def test_a_key_expires(
    keys: PostgresIdempotency, database: PostgresDatabase, repository: PostgresRepo
) -> None:
    """After a day it counts as new; writes remove expired keys, a few at a time."""
    for number in range(15):
        keys.once(key(str(number)), ACTOR, lambda _rooms: ANSWER)
    with psycopg.connect(database.url) as connection:
        connection.execute("update idempotency_key set created = now() - interval '25 hours'")
    other = ANSWER | {"body": "another answer"}
    assert keys.once(key("0", fingerprint="g"), ACTOR, lambda _rooms: other) == other
    assert count(database) == 15 - 10
    keys.once(key("new"), ACTOR, lambda _rooms: ANSWER)
    assert count(database) == 2


def count(database: PostgresDatabase) -> int:
    """Count the keys."""
    with psycopg.connect(database.url) as connection:
        row: Any = connection.execute("select count(*) from idempotency_key").fetchone()
    return int(row[0])


def end_sessions(database: PostgresDatabase) -> None:
    """End every session of the database."""
    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid, 1000) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_a_lost_connection_rolls_everything_back(
    keys: PostgresIdempotency,
    repository: PostgresRepo,
    database: PostgresDatabase,
    make_room: MakeRoom,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is written on another connection, and the loss is logged once."""

    def write(rooms: RoomRepository) -> StoredAnswer:
        rooms.add(make_room(1))
        end_sessions(database)
        rooms.add(make_room(2))
        return ANSWER

    with pytest.raises(RepositoryUnavailableError):
        keys.once(key(), ACTOR, write)
    assert caplog.text.count("a write lost its connection: ") == 1
    assert rooms_of(repository) == []
    assert keys.once(key(), ACTOR, lambda _rooms: ANSWER) == ANSWER


def test_a_refusal_on_a_lost_connection_is_still_a_refusal(
    keys: PostgresIdempotency,
    repository: PostgresRepo,
    database: PostgresDatabase,
    make_room: MakeRoom,
) -> None:
    """The exception of the write is raised although no rollback is possible."""

    def write(rooms: RoomRepository) -> StoredAnswer:
        end_sessions(database)
        with pytest.raises(psycopg.OperationalError):
            rooms.add(make_room(1))
        raise LookupError

    with pytest.raises(LookupError):
        keys.once(key(), ACTOR, write)
    assert rooms_of(repository) == []
