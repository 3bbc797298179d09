"""Sending bytes to a client that may be slow."""

import fcntl
import select
import socket
import struct
import termios
import time

# What a client takes in a second extends its patience by one.
BYTES_PER_SECOND = 1_024

# How often the client's progress is looked at while it is slow.
_LOOK_SECONDS = 1.0
_NUMBER = struct.Struct("i")


class Departure:
    """The bytes of an answer, as the client takes them.

    Bytes that wait in the kernel do not count as taken: a large buffer would let a client that
    reads nothing look fast at first, and one that reads slowly look stuck afterwards.

    Args:
        client: its socket, which does not block.
        patience: how many seconds it may take nothing, or less than BYTES_PER_SECOND.
    """

    def __init__(self, client: socket.socket, patience: float) -> None:
        self._client = client
        self._most = self._patience = patience

    def send(self, data: bytes) -> None:
        """Send all of the data; raises TimeoutError if the client takes it too slowly."""
        sent = self._try(data)
        if sent < len(data):
            self._send_slowly(memoryview(data)[sent:])

    def _try(self, data: bytes | memoryview) -> int:
        try:
            return self._client.send(data)
        except BlockingIOError:
            return 0

    def _send_slowly(self, left: memoryview) -> None:
        poll = select.poll()
        poll.register(self._client, select.POLLOUT)
        while left:
            self._wait(poll)
            left = left[self._try(left) :]

    def _wait(self, poll: select.poll) -> None:
        """Wait until the client has taken something, but only as long as there is patience."""
        if self._patience <= 0:
            raise TimeoutError("the client takes the answer too slowly")
        unread, began = self._unread(), time.monotonic()
        poll.poll(min(_LOOK_SECONDS, self._patience) * 1_000)
        taken = unread - self._unread()
        lasts = self._patience - (time.monotonic() - began) + taken / BYTES_PER_SECOND
        self._patience = min(lasts, self._most)

    def _unread(self) -> int:
        """Return how many sent bytes the client's side has not acknowledged (tcp(7), SIOCOUTQ)."""
        answered = fcntl.ioctl(self._client, termios.TIOCOUTQ, bytes(_NUMBER.size))
        return int(_NUMBER.unpack(answered)[0])
