"""A client's connection, whose calls never block."""

import select
import socket
from contextlib import suppress
from typing import Any

# Like the limits of nginx and Apache, many times what an honest client needs.
MAX_HEAD_BYTES = 65_536

_RECEIVE_BYTES = 16_384
_HEAD_END = b"\r\n\r\n"


class Connection:
    """A client's connection.

    Attributes:
        client: its socket, which does not block.
        number: the socket's file descriptor.
        peer: the client's address.
        server: the address that it is connected to.
        received: what has arrived and is not parsed yet.
        since: when the head of its current request was complete.
        deadline: when it is closed if the client sends nothing; None while a request is answered.
        is_polled: whether it is registered with the poller.
        is_answered: whether a request on it has been answered.
        lingers_until: when it is closed after its last answer, whatever the client does.
        is_at_end: whether the client has closed its side.
        is_all_read: whether the request that was answered last was read to its end.
    """

    __slots__ = (
        *("client", "deadline", "is_all_read", "is_answered", "is_at_end", "is_polled"),
        *("lingers_until", "number", "peer", "received", "server", "since"),
    )

    def __init__(self, client: socket.socket, peer: Any, server: Any) -> None:  # noqa: ANN401 - of a socket
        client.settimeout(0)
        self.client = client
        self.number = client.fileno()
        self.peer = peer
        self.server = server
        self.received = b""
        self.since = 0.0
        self.deadline: float | None = None
        self.is_polled = False
        self.is_answered = False
        self.lingers_until: float | None = None
        self.is_at_end = False
        self.is_all_read = False

    def read(self) -> bytes:
        """Return what has arrived, without waiting."""
        try:
            received = self.client.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            received = b""
        self.is_at_end = not received
        return received

    @property
    def has_head(self) -> bool:
        """Whether the head of a request has arrived, or something that cannot become one."""
        if _HEAD_END in self.received:
            return True
        # A head with a bare LF is refused without waiting for its end (RFC 9112, section 2.2).
        return self.received.count(b"\n") != self.received.count(b"\r\n")

    @property
    def is_idle(self) -> bool:
        """Whether it is kept after an answer, and nothing of another request has been read."""
        return self.is_answered and not self.received and self.lingers_until is None

    @property
    def takes_an_answer(self) -> bool:
        """Whether a short answer can be sent without waiting for the client."""
        poll = select.poll()
        poll.register(self.client, select.POLLOUT)
        return bool(poll.poll(0))

    def end(self) -> bool:
        """Send no more; return whether closing now would lose no answer (RFC 9112, section 9.6).

        Closing before the client has sent everything resets the connection, and with it the
        answer; on a unix socket it does so only if something is unread.
        """
        is_all_read = self.is_all_read and not self.received and not self.read()
        if self.is_at_end or (is_all_read and self.client.family == socket.AF_UNIX):
            return True
        try:
            self.client.shutdown(socket.SHUT_WR)
        except OSError:
            return True
        self.received = b""
        return False

    def close(self) -> None:
        """Close the socket."""
        with suppress(OSError):
            self.client.close()
