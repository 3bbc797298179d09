"""What is known of an outage is known by all: nobody waits twice, and one tells."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from testbed.waiting import until

from rentomatic.repository.connections import Connections
from rentomatic.repository.interface import RepositoryUnavailableError
from rentomatic.repository.outage import Outage, shared_mark
from rentomatic.repository.sessions import Session

NOWHERE = "postgresql:///nowhere?host=/none"


class Probe:
    """Finds nothing until it is told to."""

    def __init__(self) -> None:
        self.is_back = False
        self.times = 0

    def __call__(self) -> bool:
        """Look once."""
        self.times += 1
        return self.is_back


@pytest.fixture
def probe() -> Probe:
    """A database that is away."""
    return Probe()


@pytest.fixture
def outage(probe: Probe) -> Iterator[Outage]:
    """What is known of it."""
    outage = Outage(probe)
    yield outage
    outage.close()
    until(lambda: not shared_mark()[0])


def test_it_ends_when_the_database_is_back(
    outage: Outage, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    """By itself; its beginning and its end are told once, however many notice it."""
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


def test_of_all_processes_one_tells(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    """The mark is shared with those that are forked."""
    shared_mark()
    child = os.fork()
    if not child:
        shared_mark()[0] = 1
        os._exit(0)
    os.waitpid(child, 0)
    outage.begin("gone")
    assert caplog.messages == []
    shared_mark()[0] = 0


def test_nobody_tries_while_it_is_known() -> None:
    """The second request does not even connect."""
    with closing(Connections(NOWHERE)) as connections:

        def read() -> object:
            return connections.read(lambda session: session.run("select 1"))

        with pytest.raises(RepositoryUnavailableError, match="No such file"):
            read()
        with pytest.raises(RepositoryUnavailableError, match="known to be away"):
            read()


def test_who_closes_is_not_looked_for(probe: Probe) -> None:
    """No thread is left behind."""
    outage = Outage(probe)
    outage.begin("gone")
    outage.close()
    until(lambda: not [t for t in threading.enumerate() if t.name == "database-probe"])
    outage.begin("gone again")
    assert not outage.is_on


@pytest.fixture
def silent(
    connections: Connections, connection: psycopg.Connection[Any]
) -> Iterator[Callable[[], object]]:
    """A read that the server does not answer in time, and whose own limit it does not keep."""

    def read() -> object:
        def work(session: Session) -> object:
            session.run("set statement_timeout = 0")
            return session.run("select pg_sleep(60)")

        return connections.read(work)

    connections._opener.patience = 0.3
    yield read
    connection.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where query = 'select pg_sleep(60)' and pid <> pg_backend_pid()"
    )


def test_an_answer_that_does_not_come_is_not_waited_for(
    connections: Connections, silent: Callable[[], object]
) -> None:
    """Neither is it asked for once more; the next read has a new connection."""
    begun = time.monotonic()
    with pytest.raises(RepositoryUnavailableError, match="does not answer"):
        silent()
    assert time.monotonic() - begun < 30
    until(lambda: not connections._outage.is_on)
    assert connections.read(lambda session: session.run("select 1")) == [(1,)]
