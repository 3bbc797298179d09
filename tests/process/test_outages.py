"""The database goes away and comes back, in every way; the service stays up."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from testbed.processes import processes_of
from testbed.waiting import until

from rentomatic.demo import demo_rooms
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from tests.commands import Command, Commands
from tests.databases import ask

SEARCH = "/rooms?limit=1"


@pytest.fixture
def cluster(own_cluster: Cluster) -> Cluster:
    """A server of the test's own, with rooms."""
    create_database(own_cluster.database)
    apply_migrations(own_cluster.database.url)
    with closing(Connections(own_cluster.database.url)) as connections:
        PostgresRepo(connections).save(demo_rooms())
    return own_cluster


def logged(service: Command) -> list[str]:
    """Return what the service said of its database."""
    lines = [json.loads(line) for line in service.complained.splitlines()]
    return [line["message"] for line in lines if line["logger"] == "rentomatic.database"]


@contextmanager
def under_load(service: Command) -> Iterator[list[int]]:
    """Ask all the time, from several threads; return the statuses."""
    statuses: list[int] = []
    is_over = threading.Event()

    def load() -> None:
        while not is_over.is_set():
            statuses.append(service.ask(SEARCH))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    yield statuses
    is_over.set()
    for thread in threads:
        thread.join()


def test_a_service_starts_without_its_database(cluster: Cluster, commands: Commands) -> None:
    """It lives and is not ready, and becomes ready as soon as the database is there."""
    cluster.stop()
    service = commands.gunicorn(cluster.database)
    assert service.ask("/health/live") == 200
    assert service.ask("/health/ready") == 503
    assert service.ask(SEARCH) == 503
    cluster.start()
    until(lambda: service.ask("/health/ready") == 200)
    until(lambda: [service.ask(SEARCH) for _ in range(20)] == [200] * 20)
    assert service.end(signal.SIGTERM) == 0


def test_a_restart_under_load_costs_503s_and_nothing_else(
    cluster: Cluster, commands: Commands
) -> None:
    """Each with Retry-After; each change of the database is logged once for all workers."""
    service = commands.gunicorn(cluster.database)
    with under_load(service) as statuses:
        until(lambda: len(statuses) > 50)
        cluster.stop()
        until(lambda: 503 in statuses)
        cluster.start()
        until(lambda: [service.ask(SEARCH) for _ in range(20)] == [200] * 20)
    assert set(statuses) == {200, 503}
    gone, back = until(lambda: len(lines := logged(service)) > 1 and lines)
    assert gone.startswith("the database cannot answer: ")
    assert back == "the database answers again"


def test_a_killed_backend_costs_nothing(cluster: Cluster, commands: Commands) -> None:
    """Kill -9 of a backend takes all connections; the database recovers, and so do we."""
    service = commands.gunicorn(cluster.database)
    assert service.ask(SEARCH) == 200
    (backend, *_) = backends(cluster)
    os.kill(backend, signal.SIGKILL)
    until(lambda: [service.ask(SEARCH) for _ in range(20)] == [200] * 20)


def backends(cluster: Cluster) -> list[int]:
    """Return the processes that serve us."""
    return ask(
        cluster.database, "select pid from pg_stat_activity where application_name = 'rentomatic'"
    )


def test_a_frozen_database_is_not_waited_for(cluster: Cluster, commands: Commands) -> None:
    """It accepts connections and statements and never answers: clients still get a 503."""
    service = commands.gunicorn(cluster.database, WEB_CONCURRENCY="2", RENTOMATIC_THREADS="2")
    until(lambda: [service.ask(SEARCH) for _ in range(20)] == [200] * 20)
    frozen = processes_of(cluster)
    for process in frozen:
        os.kill(process, signal.SIGSTOP)
    try:
        assert service.ask("/health/live") == 200
        # Every thread finds out once; then none waits.
        assert [service.ask(SEARCH) for _ in range(30)] == [503] * 30
        assert service.ask("/health/live") == 200
    finally:
        for process in frozen:
            os.kill(process, signal.SIGCONT)
    until(lambda: [service.ask(SEARCH) for _ in range(20)] == [200] * 20)


@pytest.fixture
def narrow(cluster: Cluster) -> Iterator[Callable[[int], None]]:
    """Limit how many connections the role may have."""
    url = cluster.database.maintenance_url

    def limit(connections: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"alter database rentomatic connection limit {connections}".encode())

    yield limit
    limit(-1)


def test_without_a_free_connection_others_are_still_served(
    cluster: Cluster, commands: Commands, narrow: Callable[[int], None]
) -> None:
    """Workers without one answer 503, others use theirs, and new ones are opened when possible."""
    with psycopg.connect(cluster.database.maintenance_url, autocommit=True) as connection:
        connection.execute("create role clerk login")
        connection.execute("grant pg_read_all_data to clerk")
    narrow(1)
    database = cluster.database
    clerk = type(database)(database.url.replace("rentomatic@", "clerk@"), database.maintenance_url)
    service = commands.gunicorn(clerk)
    with under_load(service) as statuses:
        until(lambda: {200, 503} <= set(statuses))
    assert set(statuses) == {200, 503}
    narrow(-1)
    until(lambda: [service.ask(SEARCH) for _ in range(40)] == [200] * 40)
