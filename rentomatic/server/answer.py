"""The answer to a request (PEP 3333)."""

import re
import socket
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from functools import lru_cache
from types import TracebackType

from rentomatic.server.departure import Departure

# A client that takes next to nothing for this long is given up: it would hold a thread, and with a
# stream also a snapshot of the database.
STUCK_SECONDS = 10.0

_STATUS = re.compile(r"[1-9][0-9]{2}( [ -~]*)?")
_DIGITS = re.compile(r"[0-9]{1,18}")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Horizontal tab, and what is visible (RFC 9110, section 5.5).
_FIELD_BYTES = bytes({9, *range(32, 127), *range(128, 256)})
_HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te"),
    *("trailer", "trailers", "transfer-encoding", "upgrade"),
}

Headers = list[tuple[str, str]]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class Answer:
    """An answer that is being sent; gunicorn's loggers read it as a response.

    The head is held back until some of the body follows: if this worker is killed, a proxy can try
    another one only if it has not received a head.

    Attributes:
        status: the status code and reason; empty until the application starts the answer.
        headers: as the application named them.
        sent: the bytes of the body that were sent.
        is_begun: whether any of the answer has been sent.
        is_kept: whether the head allows the client to keep the connection.
    """

    def __init__(
        self, client: socket.socket, method: str, protocol: str, may_be_kept: Callable[[], bool]
    ) -> None:
        self.status = ""
        self.headers: Headers = []
        self.sent = 0
        self.is_begun = False
        self.is_kept = False
        self._departure = Departure(client, STUCK_SECONDS)
        self._is_for_head = self._is_bodiless = method == "HEAD"
        self._protocol = protocol
        self._may_be_kept = may_be_kept
        self._fields = ""
        self._length: int | None = None
        self._is_chunked = False

    def start_response(
        self, status: str, headers: Headers, exc_info: ExcInfo | None = None, /
    ) -> Callable[[bytes], None]:
        """Start the answer; raises ValueError if HTTP does not allow its head."""
        if exc_info:
            try:
                if self.is_begun and exc_info[1]:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.status:
            raise RuntimeError("start_response must be called once")
        if not _STATUS.fullmatch(status):
            raise ValueError(f"invalid status: {status!r}")
        length = _length(headers)
        is_empty = status[:3] == "204" or status[0] == "1"
        sent = headers
        if is_empty:  # RFC 9110, section 8.6
            sent = [pair for pair in headers if _lower(pair[0]) != "content-length"]
        fields = "".join([f"{name}: {value}\r\n" for name, value in sent])
        if fields.encode("latin-1").translate(None, _FIELD_BYTES) != b"\r\n" * len(sent):
            raise ValueError("a header has an invalid character")
        # Only now, so that an application that ignores the error cannot send such a head.
        self.status, self.headers = status, headers
        self._fields, self._length = fields, length
        self._is_bodiless = self._is_for_head or is_empty or status[:3] == "304"
        self._is_chunked = (
            self._length is None and not self._is_bodiless and self._protocol == "HTTP/1.1"
        )
        return self.write

    def write(self, piece: bytes) -> None:
        """Send a piece of the body, with the head if it is the first one."""
        if not isinstance(piece, bytes):
            raise TypeError(f"a piece of an answer must be bytes, not {type(piece).__name__}")
        if self._length is not None:
            piece = piece[: self._length - self.sent]
        if self._is_bodiless or not piece:
            return
        self.sent += len(piece)
        if self._is_chunked:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        self._send(piece)

    def send(self, pieces: Iterable[bytes]) -> None:
        """Send the body to its end."""
        for piece in pieces:
            self.write(piece)
        if self._is_chunked or not self.is_begun:
            self._send(b"0\r\n\r\n" if self._is_chunked else b"")
        if self._length is not None and self.sent < self._length and not self._is_bodiless:
            self.is_kept = False

    def _head(self) -> bytes:
        ends_with_connection = (
            self._length is None and not self._is_bodiless and not self._is_chunked
        )
        self.is_kept = not ends_with_connection and self._may_be_kept()
        connection = "keep-alive" if self.is_kept else "close"
        chunked = "Transfer-Encoding: chunked\r\n" if self._is_chunked else ""
        return (
            f"{self._protocol} {self.status}\r\nServer: gunicorn\r\nDate: {_date(int(time.time()))}"
            f"\r\nConnection: {connection}\r\n{chunked}{self._fields}\r\n"
        ).encode("latin-1")

    def _send(self, data: bytes) -> None:
        if not self.is_begun:
            if not self.status:
                raise RuntimeError("start_response must be called before the body")
            data = self._head() + data
            self.is_begun = True
        self._departure.send(data)


def _length(headers: Headers) -> int | None:
    """Return the length of the body if the headers name it; raises ValueError for bad names."""
    lengths = {value for name, value in headers if _lower(name) == "content-length"}
    if not lengths:
        return None
    (length,) = lengths if len(lengths) == 1 else ("",)
    if not _DIGITS.fullmatch(length):
        raise ValueError(f"invalid Content-Length: {' and '.join(sorted(lengths))}")
    return int(length)


@lru_cache(256)
def _lower(name: str) -> str:
    """Return the name of a header in lower case; raises ValueError if it must not be sent."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"invalid name of a header: {name!r}")
    if (lower := name.lower()) in _HOP_BY_HOP:
        raise ValueError(f"{name} belongs to the server, not to the application")
    return lower


@lru_cache(1)
def _date(second: int) -> str:
    """Write a time as HTTP does (RFC 9110, section 5.6.7)."""
    return formatdate(second, usegmt=True)
