"""An outage is detected and logged once, and then no request waits for it."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import psycopg
import pytest
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.outage import Outage, shared_mark

NOWHERE = "postgresql:///nowhere?host=/none"


class Probe:
    """Finds no database until `is_back` is set."""

    def __init__(self) -> None:
        self.is_back = False
        self.times = 0

    def __call__(self) -> bool:
        """Probe once."""
        self.times += 1
        return self.is_back


@pytest.fixture
def probe() -> Probe:
    """A database that is down."""
    return Probe()


@pytest.fixture
def outage(probe: Probe) -> Iterator[Outage]:
    """The outage of that database."""
    outage = Outage(probe)
    yield outage
    outage.close()
    until(lambda: not shared_mark()[0])


def test_it_ends_when_the_database_is_back(
    outage: Outage, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    """Its beginning and its end are logged once, however many requests notice it."""
    caplog.set_level(logging.WARNING)
    assert not outage.is_on
    outage.begin("gone")
    outage.begin("gone, says another")
    assert outage.is_on
    until(lambda: probe.times > 1)
    assert outage.is_on
    probe.is_back = True
    until(lambda: not outage.is_on)
    assert caplog.messages == ["the database cannot answer: gone", "the database answers again"]


def test_a_server_that_does_not_answer_delays_no_other(probe: Probe) -> None:
    """Each has its own probe; the outage ends with the first that answers."""
    frozen = threading.Event()
    outage = Outage(lambda: frozen.wait() and False, probe)
    outage.begin("gone")
    until(lambda: probe.times > 1)
    probe.is_back = True
    until(lambda: not outage.is_on)
    frozen.set()
    outage.close()


def test_only_one_process_logs_an_outage(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    """Forked processes share the mark."""
    shared_mark()
    child = os.fork()
    if not child:
        shared_mark()[0] = 1
        os._exit(0)
    os.waitpid(child, 0)
    outage.begin("gone")
    assert caplog.messages == []
    shared_mark()[0] = 0


def test_requests_fail_at_once_during_an_outage() -> None:
    """The second request does not even try to connect."""
    with closing(Connections(NOWHERE)) as connections:

        def read() -> object:
            return connections.read(lambda connection: connection.run("select 1"))

        with pytest.raises(RepositoryUnavailableError, match="No such file"):
            read()
        with pytest.raises(RepositoryUnavailableError, match="known to be down"):
            read()


def test_closing_stops_probing(probe: Probe) -> None:
    """No thread remains."""
    outage = Outage(probe)
    outage.begin("gone")
    outage.close()
    until(lambda: not [t for t in threading.enumerate() if t.name == "database-probe"])
    outage.begin("gone again")
    assert not outage.is_on


@pytest.fixture
def impatient(embedded_rooms: PostgresDatabase) -> Iterator[Connections]:
    """Connections that wait less than a second for an answer."""
    with closing(Connections(embedded_rooms.url, statement_timeout=0.1)) as connections:
        yield connections


@pytest.fixture
def silent(
    impatient: Connections, connection: psycopg.Connection[Any]
) -> Iterator[Callable[[], object]]:
    """A read that the server neither answers in time nor cancels."""

    def read() -> object:
        def work(connection: Connection) -> object:
            connection.run("set statement_timeout = 0")
            return connection.run("select pg_sleep(60)")

        return impatient.read(work)

    yield read
    connection.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where query = 'select pg_sleep(60)' and pid <> pg_backend_pid()"
    )


def test_waiting_for_an_answer_ends(impatient: Connections, silent: Callable[[], object]) -> None:
    """The read is not retried, and the next read has a new connection."""
    started = time.monotonic()
    with pytest.raises(RepositoryUnavailableError, match="does not answer"):
        silent()
    assert time.monotonic() - started < 30
    until(lambda: _answers(impatient))


def _answers(connections: Connections) -> bool:
    with suppress(RepositoryUnavailableError):
        return connections.read(lambda connection: connection.run("select 1")) == [(1,)]
    return False
