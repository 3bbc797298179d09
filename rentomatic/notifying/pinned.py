"""A request to a host that a client has named: only to an address that may be reached.

A name is resolved once, and the connection goes to exactly the address that was checked; the name
could mean another one the second time. Proxies of the environment are not used, redirects not
followed, and little of the answer is read.
"""

import io
import re
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

from rentomatic.reachable import Address, Reachable, parse_address

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
_MAX_ANSWER = 8_192
# Of a name that is complete (RFC 1034, section 3.1); certificates and virtual hosts have none.
_TRAILING_DOT = re.compile(r"\.(?=:[0-9]*$|$)")
_USUAL_PORTS = {"http": 80, "https": 443}


class UnreachableError(Exception):
    """No answer came; the text says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is read of an answer.

    Attributes:
        status: its status.
        retry_after: its header Retry-After, as it was sent.
    """

    status: int
    retry_after: str | None = None


class _Socket(Protocol):
    def settimeout(self, value: float | None, /) -> None: ...
    def recv_into(self, buffer: Any, /) -> int: ...  # noqa: ANN401 - a buffer
    def send(self, data: Any, /) -> int: ...  # noqa: ANN401 - a buffer


def post(
    url: str, headers: Mapping[str, str], body: bytes, reachable: Reachable, tls: ssl.SSLContext
) -> Reply:
    """Send a request; return the answer.

    Raises:
        UnreachableError: if the host may not be reached, or does not answer in time.
    """
    target = urlsplit(url)
    deadline = time.monotonic() + WHOLE_SECONDS
    try:
        with closing(_connect(target, reachable, tls, deadline)) as connection:
            timed = _Timed(connection, deadline)
            timed.send_all(_request(target, headers, body))
            return _read_reply(timed)
    except TimeoutError:
        raise UnreachableError("it did not answer in time") from None
    except ssl.SSLCertVerificationError as error:
        raise UnreachableError(f"its certificate is not valid: {error.verify_message}") from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UnreachableError(f"the connection failed: {reason}") from None


def addresses_of(host: str, port: int, reachable: Reachable) -> list[Address]:
    """Resolve a host; return the addresses that may be reached, at least one.

    Raises:
        UnreachableError: if there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is malformed"
        raise UnreachableError(f"its name cannot be resolved: {reason}") from None
    addresses = [parse_address(str(place[0])) for *_, place in found]
    allowed = [each for each in addresses if reachable.includes(each)]
    if not allowed:
        raise UnreachableError("its host is not public, and RENTOMATIC_WEBHOOK_NETWORKS lacks it")
    return list(dict.fromkeys(allowed))


def _connect(
    target: SplitResult, reachable: Reachable, tls: ssl.SSLContext, deadline: float
) -> socket.socket:
    host, port = (target.hostname or "").rstrip("."), target.port or _USUAL_PORTS[target.scheme]
    addresses = addresses_of(host, port, reachable)
    if target.scheme == "http" and not all(each.is_loopback for each in addresses):
        raise UnreachableError("http is possible only to this machine")
    connection = _first_to_accept(addresses, port, deadline)
    if target.scheme == "http":
        return connection
    try:
        connection.settimeout(min(CONNECT_SECONDS, _left(deadline)))
        return tls.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def _first_to_accept(addresses: list[Address], port: int, deadline: float) -> socket.socket:
    for number, address in enumerate(addresses, 1):
        try:
            timeout = min(CONNECT_SECONDS, _left(deadline))
            return socket.create_connection((str(address), port), timeout)
        except OSError:
            if number == len(addresses):
                raise
    raise UnreachableError("its name has no address")


def _request(target: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    path = target.path or "/"
    path += f"?{target.query}" if target.query else ""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {_TRAILING_DOT.sub('', target.netloc)}",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _read_reply(timed: "_Timed") -> Reply:
    answer = HTTPResponse(timed, method="POST")  # type: ignore[arg-type]  # it only reads
    answer.begin()
    return Reply(answer.status, answer.getheader("Retry-After"))


class _Timed(io.RawIOBase):
    """A connection whose reads and writes all end at one deadline, however slow the host is."""

    def __init__(self, connection: _Socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._remaining = _MAX_ANSWER

    def send_all(self, data: bytes) -> None:
        """Write everything."""
        view = memoryview(data)
        while view:
            self._connection.settimeout(_left(self._deadline))
            view = view[self._connection.send(view) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the file from which the answer is read."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - a buffer
        """Read what has arrived, up to the limit of an answer."""
        self._connection.settimeout(_left(self._deadline))
        view = memoryview(buffer)[: self._remaining]
        count = self._connection.recv_into(view) if view else 0
        self._remaining -= count
        return count


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
