"""The sockets on which a worker accepts connections."""

import select
import socket
import time
from collections.abc import Sequence
from typing import Any

from rentomatic.server.connection import Connection

# How long a worker pauses after it failed to accept, for example for lack of file descriptors.
REST_SECONDS = 0.5


class Listeners:
    """The listening sockets, which are shared with the other workers.

    Attributes:
        is_accepting: whether new connections wake the main loop.
        rests_until: when it may accept again after a failure.
    """

    def __init__(self, sockets: Sequence[socket.socket], poller: select.epoll, log: Any) -> None:  # noqa: ANN401 - gunicorn has no annotations
        self.is_accepting = False
        self.rests_until = 0.0
        self._poller = poller
        self._log = log
        self._sockets = {listener.fileno(): listener for listener in sockets}
        self._addresses = {number: each.getsockname() for number, each in self._sockets.items()}
        for number in self._sockets:
            poller.register(number, 0)

    def __contains__(self, number: int) -> bool:
        return number in self._sockets

    def is_local(self, number: int) -> bool:
        """Return whether the socket with this file descriptor is a unix socket."""
        return self._sockets[number].family == socket.AF_UNIX

    def switch(self, *, is_on: bool) -> None:
        """Turn accepting new connections on, or off to leave them to other workers."""
        if is_on != self.is_accepting:
            self.is_accepting = is_on
            for number in self._sockets:
                self._poller.modify(number, select.EPOLLIN if is_on else 0)

    def accept(self, number: int) -> Connection | None:
        """Accept a connection on the socket with this file descriptor, if one is waiting."""
        listener = self._sockets[number]
        # While systemd starts a service, it makes the socket block for all processes that share it.
        listener.setblocking(False)  # noqa: FBT003 - Python's signature
        try:
            client, peer = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return None
        except OSError as error:
            self._log.error("cannot accept connections: %s", error.strerror)
            self.rests_until = time.monotonic() + REST_SECONDS
            return None
        return Connection(client, peer, self._addresses[number])

    def accept_waiting(self) -> Connection | None:
        """Accept a connection on any of the sockets, if one is waiting."""
        found = (self.accept(number) for number in self._sockets)
        return next(filter(None, found), None)

    def close(self) -> None:
        """Close the sockets."""
        for listener in self._sockets.values():
            listener.close()
