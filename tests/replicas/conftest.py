"""A primary and two standbys, for all tests of replicas."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import psycopg
import pytest
from testbed.processes import crash, processes_of, thaw
from testbed.replication import Server, database_on, new_primary, standby_of
from testbed.waiting import until

from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.replicas import Replicas


class Servers(NamedTuple):
    """The servers, which replicate the database `rentomatic`."""

    primary: Server
    first: Server
    second: Server


@pytest.fixture(scope="session")
def running() -> Iterator[Servers]:
    """The servers; their searches do not wait for their disks."""
    with ExitStack() as stack:
        primary = stack.enter_context(new_primary())
        primary.configure(fsync="off", full_page_writes="off")
        create_database(primary.database)
        apply_migrations(primary.database.url)
        first = stack.enter_context(standby_of(primary, "first"))
        second = stack.enter_context(standby_of(primary, "second"))
        yield Servers(primary, first, second)


@pytest.fixture
def servers(running: Servers, rooms: list[Room]) -> Iterator[Servers]:
    """The servers with the book's rooms; at the end all of them run again, and none lags."""
    primary = Connections(running.primary.database.url)
    with psycopg.connect(running.primary.database.url) as connection:
        connection.execute("truncate room, room_change, room_change_removed restart identity")
    PostgresRepo(primary).save(rooms)
    primary.close()
    for each in running[1:]:
        each.catch_up(running.primary)
    yield running
    for each in running:
        recover(each)
    for each in running[1:]:
        each.catch_up(running.primary)


def recover(server: Server) -> None:
    """Let a server run that was frozen, crashed, paused or delayed."""
    thaw(server)
    if not processes_of(server):
        server.start()
    if server.ask("select pg_is_in_recovery()") == [True]:
        server.ask("select pg_wal_replay_resume()")
        if server.ask("show recovery_min_apply_delay") != ["0"]:
            server.configure(recovery_min_apply_delay="0")


def lose(server: Server) -> None:
    """Kill a server."""
    crash(server)
    until(lambda: not processes_of(server))


@pytest.fixture
def primary(servers: Servers) -> Iterator[Connections]:
    """Connections to the primary."""
    connections = Connections(servers.primary.database.url)
    yield connections
    connections.close()


Replicate = Callable[..., Replicas]


@pytest.fixture
def replicate(servers: Servers, primary: Connections) -> Iterator[Replicate]:
    """Open connections to some of the servers; by default to both standbys, of whatever age."""
    opened: list[Replicas] = []

    def open_replicas(*some: Server, max_lag: float = 3600, max_age: float = 300) -> Replicas:
        url = database_on(*(some or servers[1:])).url
        opened.append(Replicas(primary, url, max_lag, max_age=max_age))
        return opened[-1]

    yield open_replicas
    for each in opened:
        each.close()
