"""Which connections a worker closes, and when."""

import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from rentomatic.server.connection import Connection
from rentomatic.server.waiting import Waiting
from tests.server.conftest import PEER, SERVER

Connecting = Callable[..., Connection]


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    """No connections yet."""
    with select.epoll() as poller:
        yield Waiting(poller)


@pytest.fixture
def connecting(waiting: Waiting) -> Iterator[Connecting]:
    """Connect clients that wait for so many seconds at most."""
    with ExitStack() as stack:

        def connect(
            seconds: float, *, is_answered: bool = True, received: bytes = b""
        ) -> Connection:
            ours, theirs = socket.socketpair()
            stack.enter_context(ours)
            stack.enter_context(theirs)
            connection = Connection(theirs, PEER, SERVER)
            waiting.add(connection, seconds)
            waiting.wait(connection)
            connection.is_answered, connection.received = is_answered, received
            return connection

        yield connect


def test_what_is_unregistered_is_not_reported() -> None:
    """Its request belongs to a thread until that waits again, whatever the client sends or does."""
    with select.epoll() as poller:
        waiting = Waiting(poller)
        ours, theirs = socket.socketpair()
        with closing(ours), closing(theirs):
            connection = Connection(theirs, PEER, SERVER)
            waiting.add(connection, 10)
            waiting.wait(connection)
            waiting.unregister(connection)
            ours.sendall(b"x")
            ours.shutdown(socket.SHUT_WR)
            assert poller.poll(0) == []
            waiting.wait(connection)
            assert [number for number, _ in poller.poll(0)] == [connection.number]


def test_the_longest_idle_connection_is_found(waiting: Waiting, connecting: Connecting) -> None:
    """Not one that is new, sends a request, gets an answer, or has had its last one."""
    connecting(1, is_answered=False)
    connecting(2, received=b"GET")
    connecting(3).deadline = None
    waiting.linger(connecting(4))
    assert waiting.longest_idle(time.monotonic() + 100) is None
    later, sooner = connecting(60), connecting(50)
    assert waiting.longest_idle(time.monotonic() + 40) is None
    assert waiting.longest_idle(time.monotonic() + 100) is sooner
    waiting.close(sooner)
    assert waiting.longest_idle(time.monotonic() + 100) is later
