"""The connections of a worker, and what each of them waits for."""

import select
import time
from collections.abc import Iterator

from rentomatic.server.connection import Connection

# After the last answer: how long a client may send nothing, and how long it may go on sending.
LINGER_SECONDS = 2.0
MAX_LINGER_SECONDS = 30.0
# How long it may go on sending while the worker has no room for another client.
FULL_LINGER_SECONDS = 1.0

_ONCE = select.EPOLLIN | select.EPOLLONESHOT


class Waiting:
    """The open connections; those that wait for their client have a deadline.

    A connection without a deadline belongs to the thread that answers its request. With `wait` the
    thread returns it to the main loop, and must not touch it afterwards.

    Attributes:
        max_seconds: the longest that any connection waits; shorter once the worker is ending.
    """

    def __init__(self, poller: select.epoll) -> None:
        self.max_seconds = float("inf")
        self._poller = poller
        # All threads change it, always in one atomic operation.
        self._connections: dict[int, Connection] = {}

    def __len__(self) -> int:
        return len(self._connections)

    def get(self, number: int) -> Connection | None:
        """Return the connection with this file descriptor."""
        return self._connections.get(number)

    def add(self, connection: Connection, seconds: float) -> None:
        """Add a connection with a deadline; nothing is polled yet."""
        connection.deadline = time.monotonic() + min(seconds, self.max_seconds)
        self._connections[connection.number] = connection

    def wait(self, connection: Connection, seconds: float | None = None) -> None:
        """Wait for what the client sends next, until a new deadline or the one it has."""
        if seconds is not None:
            connection.deadline = time.monotonic() + min(seconds, self.max_seconds)
        if connection.is_polled:
            self._poller.modify(connection.number, _ONCE)
        else:
            connection.is_polled = True
            self._poller.register(connection.number, _ONCE)

    def unregister(self, connection: Connection) -> None:
        """Take a connection out of the poller, which has not reported it."""
        self._poller.unregister(connection.number)
        connection.is_polled = False

    def linger(self, connection: Connection) -> None:
        """Close a connection once its client can have read all of the last answer."""
        if connection.end():
            self.close(connection)
        else:
            connection.lingers_until = time.monotonic() + MAX_LINGER_SECONDS
            self.wait(connection, LINGER_SECONDS)

    def linger_on(self, connection: Connection, *, is_active: bool) -> None:
        """Discard what a client still sends; closing with it unread would lose the answer."""
        if connection.is_at_end or connection.lingers_until is None:
            self.close(connection)
        elif is_active:
            left = connection.lingers_until - time.monotonic()
            self.wait(connection, min(LINGER_SECONDS, left))
        else:
            self.wait(connection)

    def close(self, connection: Connection) -> None:
        """Close a connection."""
        self._connections.pop(connection.number, None)
        connection.close()

    def overdue(self, *, is_full: bool) -> Iterator[Connection]:
        """Return the connections whose time is up, which is shorter if the worker is full."""
        now = time.monotonic()
        lingers_until = now + MAX_LINGER_SECONDS - FULL_LINGER_SECONDS if is_full else now
        for each in list(self._connections.values()):
            if each.deadline is None:
                continue
            has_lingered = each.lingers_until is not None and each.lingers_until <= lingers_until
            if has_lingered or each.deadline <= now:
                yield each

    def longest_idle(self, before: float) -> Connection | None:
        """Return the idle connection with the earliest deadline, if that is before this time."""
        idle = [
            (each.deadline, each.number)
            for each in list(self._connections.values())
            if each.is_idle and each.deadline is not None and each.deadline < before
        ]
        return self.get(min(idle)[1]) if idle else None

    def limit_waits(self, seconds: float) -> None:
        """Let no connection wait longer than this from now on."""
        self.max_seconds = seconds
        deadline = time.monotonic() + seconds
        for connection in list(self._connections.values()):
            if connection.deadline is not None:
                connection.deadline = min(connection.deadline, deadline)
