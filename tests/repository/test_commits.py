"""COMMITs that the server does not answer: what becomes of their connections."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from uuid import UUID

import psycopg
import pytest
from testbed.processes import freeze, thaw
from testbed.replication import Server, new_primary
from testbed.waiting import until

from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.errors import (
    RepositoryUnavailableError,
    RepositoryUncertainError,
    RepositoryWritesError,
)
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.slots import Turns

WAITING = "select pid from pg_stat_activity where wait_event = 'SyncRep'"


class Counted:
    """How many connections and unconfirmed writes there are."""

    connections = unconfirmed = 0

    def connect(self, change: int) -> None:
        """Count a connection."""
        self.connections += change

    def leave(self, change: int) -> None:
        """Count an unconfirmed write."""
        self.unconfirmed += change


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A primary with the service's tables."""
    with new_primary() as server:
        create_database(server.database)
        apply_migrations(server.database.url)
        yield server


@pytest.fixture
def lonely(server: Server) -> Iterator[Server]:
    """The same, waiting for a standby that is not there, in an empty table."""
    server.configure(synchronous_standby_names="FIRST 1 (nobody)")
    yield server
    server.configure(synchronous_standby_names="")
    until(lambda: not server.ask(WAITING))


@pytest.fixture
def counted() -> Counted:
    """What the metrics would show."""
    return Counted()


@pytest.fixture
def connections(server: Server, counted: Counted) -> Iterator[Connections]:
    """Connections for one write at a time, which wait less than a second for an answer."""
    with closing(
        Connections(
            server.database.url,
            counted.connect,
            statement_timeout=0.1,
            writes=Turns(1),
            on_unconfirmed=counted.leave,
        )
    ) as connections:
        yield connections
    until(lambda: not counted.unconfirmed)


@pytest.fixture
def repository(connections: Connections) -> PostgresRepo:
    """Rooms on these connections."""
    return PostgresRepo(connections)


def room(number: int) -> Room:
    """Return a room that no other test has."""
    return Room(UUID(int=number), 20, 60, 13.4, 52.5)


def test_a_connection_waits_on_without_its_thread(
    lonely: Server, repository: PostgresRepo, counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    """Retries take no other connection; reads need no turn; it ends when the server answers."""
    caplog.set_level(logging.WARNING)
    with pytest.raises(RepositoryUncertainError):
        repository.add(room(1))
    assert counted.unconfirmed == 1
    for _ in range(5):
        with pytest.raises(RepositoryWritesError):
            repository.add(room(1))
        assert repository.get(room(1).code) is None
    assert repository.save([room(2)], dry_run=True).added == 1
    assert len(lonely.ask(WAITING)) == 1
    assert counted.connections == 2
    lonely.configure(synchronous_standby_names="")
    until(lambda: not counted.unconfirmed)
    assert repository.get(room(1).code) == room(1)
    assert repository.add(room(2))
    assert counted.connections == 1
    until(lambda: "the database has confirmed the write, after " in caplog.text)


def test_a_commit_whose_connection_is_lost_is_uncertain(
    lonely: Server, repository: PostgresRepo
) -> None:
    """As the server may have committed; a write that is lost before its COMMIT is not made."""
    end = "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = '{}'"
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(repository.add, room(3))
        until(lambda: lonely.ask(end.format("SyncRep")))
        assert isinstance(written.exception(), RepositoryUncertainError)
        assert repository.get(room(3).code) == room(3)
        with blocked(lonely):
            written = pool.submit(repository.add, room(4))
            until(lambda: lonely.ask(end.format("relation")))
            reason = written.exception()
    assert isinstance(reason, RepositoryUnavailableError)
    assert not isinstance(reason, RepositoryUncertainError)


@pytest.mark.parametrize("is_in_time", [True, False])
def test_a_commit_whose_wait_is_cancelled_is_uncertain(
    lonely: Server,
    connections: Connections,
    counted: Counted,
    caplog: pytest.LogCaptureFixture,
    *,
    is_in_time: bool,
) -> None:
    """It succeeds, but a failover may lose it; so it is not acknowledged."""
    cancel = "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'"
    number, repository = 6 + is_in_time, PostgresRepo(connections)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(repository.add, room(number))
        if not is_in_time:
            until(lambda: counted.unconfirmed)
        until(lambda: lonely.ask(cancel))
        assert isinstance(written.exception(), RepositoryUncertainError)
        until(lambda: not counted.unconfirmed)
        # Of this thread.
        pool.submit(connections.close).result()
    assert is_in_time or "was cancelled" in caplog.text
    assert repository.get(room(number).code) == room(number)


@contextmanager
def blocked(server: Server) -> Iterator[None]:
    """Keep every write waiting before its COMMIT."""
    with psycopg.connect(server.database.url) as connection:
        connection.execute("lock table room in exclusive mode")
        yield


def test_a_server_that_answers_nobody_is_not_waited_for(
    lonely: Server, repository: PostgresRepo, counted: Counted
) -> None:
    """Even if nothing but writes would find out: the turn is free again."""
    with pytest.raises(RepositoryUncertainError):
        repository.add(room(5))
    freeze(lonely)
    try:
        until(lambda: not counted.unconfirmed)
        with pytest.raises(RepositoryUnavailableError, match="known to be down"):
            repository.add(room(5))
    finally:
        thaw(lonely)
    lonely.configure(synchronous_standby_names="")
    until(lambda: finds(repository, room(5)))


def finds(repository: PostgresRepo, room: Room) -> bool:
    """Return whether a room is found; the database may still be known to be down."""
    with suppress(RepositoryUnavailableError):
        return repository.get(room.code) == room
    return False
