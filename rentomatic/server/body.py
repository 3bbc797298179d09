"""The body of a request, received as the application reads it, if it arrives in time."""

import io
import re
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# The slowest that a body may arrive, because it occupies a thread.
ARRIVAL_SECONDS = 5.0
ARRIVAL_BYTES_PER_SECOND = 8_192
# More than any honest client needs for a line with the size of a chunk, or for a trailer.
MAX_LINE_BYTES = 4_096
MAX_TRAILERS = 100

_RECEIVE_BYTES = 65_536
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# RFC 9112, section 7.1. 15 digits are more bytes than any disk holds.
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_EXTENSION = rb"[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?" % (_TOKEN, _TOKEN, _QUOTED)
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:%b)*" % _EXTENSION)
_TRAILER = re.compile(rb"(%b):[^\x00-\x08\x0a-\x1f\x7f]*" % _TOKEN)
# RFC 9110, section 6.5.1: they would change how the request was understood.
_NO_TRAILERS = {
    *(b"authorization", b"content-length", b"host", b"te", b"trailer", b"transfer-encoding"),
}


class Arrival:
    """The bytes of a body as they arrive: first those received with the head, then the rest.

    Each byte that arrives extends the deadline, so that long bodies may take longer.

    Attributes:
        received: the bytes that have arrived and were not taken yet.
    """

    def __init__(self, client: socket.socket, received: bytes, *, is_awaited: bool) -> None:
        self.received = received
        self._client = client
        self._is_awaited = is_awaited
        self._ends = 0.0

    def take(self, most: int) -> bytes:
        """Return from one to `most` bytes, or none if the client has closed its side."""
        if not self.received:
            self.received = self._receive()
        taken, self.received = self.received[:most], self.received[most:]
        return taken

    def take_line(self) -> bytes:
        """Return the next line without its CRLF; raises ValueError if it is too long."""
        while (end := self.received.find(b"\r\n", 0, MAX_LINE_BYTES)) < 0:
            if len(self.received) >= MAX_LINE_BYTES:
                raise ValueError("a line is too long")
            if not (more := self._receive()):
                raise ConnectionResetError("the body was cut short")
            self.received += more
        line, self.received = self.received[:end], self.received[end + 2 :]
        return line

    def _receive(self) -> bytes:
        """Wait for more; raises TimeoutError at the deadline."""
        self._ends = self._ends or time.monotonic() + ARRIVAL_SECONDS
        self._client.settimeout(max(0.001, self._ends - time.monotonic()))
        try:
            if self._is_awaited:
                self._is_awaited = False
                self._client.sendall(_CONTINUE)
            received = self._client.recv(_RECEIVE_BYTES)
        finally:
            self._client.settimeout(0)
        self._ends += len(received) / ARRIVAL_BYTES_PER_SECOND
        return received


class FixedLength(io.RawIOBase):
    """A body with a Content-Length; it ends early if the client sends less.

    Attributes:
        is_over: whether all of it was read from the connection.
    """

    def __init__(self, arrival: Arrival, length: int) -> None:
        self._arrival = arrival
        self._left = length
        self.is_over = not length

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read what has arrived; raises TimeoutError if it does not arrive in time."""
        room = memoryview(buffer)
        piece = self._arrival.take(min(len(room), self._left)) if self._left else b""
        room[: len(piece)] = piece
        self._left -= len(piece)
        self.is_over = not self._left
        return len(piece)


class Chunked(io.RawIOBase):
    """A body in chunks (RFC 9112, section 7.1).

    Attributes:
        is_over: whether all of it was read from the connection.
    """

    def __init__(self, arrival: Arrival) -> None:
        self._arrival = arrival
        self._left = 0
        self._is_begun = False
        self.is_over = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read what has arrived; raises ValueError if it is malformed, OSError if it ends early."""
        if not (self._left or self.is_over):
            self._begin_chunk()
        if self.is_over:
            return 0
        room = memoryview(buffer)
        piece = self._arrival.take(min(len(room), self._left))
        if not piece:
            raise ConnectionResetError("the body was cut short")
        room[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)

    def _begin_chunk(self) -> None:
        if self._is_begun and self._arrival.take_line():
            raise ValueError("a chunk is longer than its size")
        self._is_begun = True
        line = self._arrival.take_line()
        if not (size := _SIZE.fullmatch(line)):
            raise ValueError("a chunk has no size")
        self._left = int(size[1], 16)
        if not self._left:
            self._drop_trailers()
            self.is_over = True

    def _drop_trailers(self) -> None:
        for _ in range(MAX_TRAILERS):
            if not (line := self._arrival.take_line()):
                return
            trailer = _TRAILER.fullmatch(line)
            if not trailer or trailer[1].lower() in _NO_TRAILERS:
                raise ValueError("a trailer is malformed, or not allowed")
        raise ValueError("there are too many trailers")


Body = FixedLength | Chunked


def open_body(arrival: Arrival, length: int | None) -> Body:
    """Return a body of this length, or one in chunks for None."""
    return Chunked(arrival) if length is None else FixedLength(arrival, length)
