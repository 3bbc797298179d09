"""A write with a key is made once, whoever repeats it and whenever."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any

import psycopg
import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.interface import (
    IdempotencyKey,
    KeyReusedError,
    RepositoryUnavailableError,
    RoomRepository,
    StoredAnswer,
)
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest

MakeRoom = Callable[..., Room]
ANSWER = StoredAnswer(201, (("Location", "/rooms/1"), ("ETag", '"1"')), b'{"code":"1"}')
TWINS = 8
ACTOR = "office"


@pytest.fixture
def connections(
    database: PostgresDatabase,
) -> Iterator[Connections]:
    """Connections to a database of the test's own."""
    with closing(Connections(database.url)) as connections:
        yield connections


@pytest.fixture
def keys(connections: Connections) -> PostgresIdempotency:
    """What is to be tested."""
    return PostgresIdempotency(connections, PostgresRepo(connections))


@pytest.fixture
def repository(connections: Connections) -> PostgresRepo:
    """The rooms, on the same connections."""
    return PostgresRepo(connections)


def rooms_of(repository: PostgresRepo) -> list[Room]:
    """Give all rooms."""
    return list(repository.search(RoomListRequest()).rooms)


def key(
    name: str = "a", fingerprint: str = "f", scope: str = "office POST /rooms"
) -> IdempotencyKey:
    """Make a key."""
    return IdempotencyKey(scope, name, fingerprint)


def test_a_write_may_be_long_in_coming(database: PostgresDatabase, make_room: MakeRoom) -> None:
    """A batch is read whole before its first room, longer than a session may hang elsewhere."""
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
    """Whoever repeats it gets the answer of then, headers and all; each scope has its own keys."""
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


def test_a_key_is_for_one_thing(keys: PostgresIdempotency) -> None:
    """What is sent with it must be what was sent first."""
    keys.once(key(), ACTOR, lambda _rooms: ANSWER)
    with pytest.raises(KeyReusedError):
        keys.once(key(fingerprint="g"), ACTOR, lambda _rooms: ANSWER)


def test_what_failed_is_not_stored(
    keys: PostgresIdempotency, repository: PostgresRepo, make_room: MakeRoom
) -> None:
    """Neither a refusal nor a bug; what was written meanwhile is taken back with the key."""

    def refused(rooms: RoomRepository) -> StoredAnswer:
        rooms.add(make_room(1))
        raise LookupError

    with pytest.raises(LookupError):
        keys.once(key(), ACTOR, refused)
    assert rooms_of(repository) == []
    assert keys.once(key(), ACTOR, lambda _rooms: ANSWER) == ANSWER


def test_twins_wait_for_each_other(
    keys: PostgresIdempotency,
    repository: PostgresRepo,
    connections: Connections,
    database: PostgresDatabase,
    make_room: MakeRoom,
) -> None:
    """Sent at the same time, one writes and all get its answer."""
    everybody = Barrier(TWINS)

    def send(number: int) -> StoredAnswer | None:
        def write(rooms: RoomRepository) -> StoredAnswer:
            rooms.add(make_room(number + 1))
            return StoredAnswer(201, (), str(number).encode())

        everybody.wait()
        try:
            return keys.once(key(), ACTOR, write)
        finally:
            everybody.wait()
            connections.close()

    with ThreadPoolExecutor(TWINS) as pool:
        answers = list(pool.map(send, range(TWINS)))
    assert len({answer.body for answer in answers if answer}) == 1
    assert None not in answers
    assert count(database) == 1


def test_a_key_expires(
    keys: PostgresIdempotency, database: PostgresDatabase, repository: PostgresRepo
) -> None:
    """After a day it is like a new one; writes remove those of others, a few at a time."""
    for number in range(15):
        keys.once(key(str(number)), ACTOR, lambda _rooms: ANSWER)
    with psycopg.connect(database.url) as connection:
        connection.execute("update idempotency_key set created = now() - interval '25 hours'")
    other = StoredAnswer(201, (), b"another answer")
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


def test_a_connection_that_is_lost_takes_all_back(
    keys: PostgresIdempotency,
    repository: PostgresRepo,
    database: PostgresDatabase,
    make_room: MakeRoom,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is written on another connection behind its back; that is logged once."""

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


def test_a_refusal_over_a_connection_that_is_lost_is_one(
    keys: PostgresIdempotency,
    repository: PostgresRepo,
    database: PostgresDatabase,
    make_room: MakeRoom,
) -> None:
    """Where nothing can be rolled back any more either."""

    def write(rooms: RoomRepository) -> StoredAnswer:
        end_sessions(database)
        with pytest.raises(psycopg.OperationalError):
            rooms.add(make_room(1))
        raise LookupError

    with pytest.raises(LookupError):
        keys.once(key(), ACTOR, write)
    assert rooms_of(repository) == []
