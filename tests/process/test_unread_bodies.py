"""Unread bodies and answers, and malformed bodies: one answer each, and no other request waits.

Over raw connections to a real gunicorn of one worker, on TCP as a platform has it and on a unix
socket as a proxy has it.
"""

import json
import random
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from termios import FIONREAD

import pytest
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.tokens import new_token, token_line
from tests.commands import SECONDS, Command, Commands

TOKEN = new_token()
MEGABYTE = 1_000_000
CLIENTS = 300
STALLED_SECONDS = 20
NO_ANSWER_SECONDS = 3
LINGER_SECONDS = 2.0
NUMBERS = random.Random(11)

BEARER = f"Authorization: Bearer {TOKEN}\r\n"
JSON = "Content-Type: application/json\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
ROOM = json.dumps({"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5})
# By the first line and headers: the status of a request whose body the service has no use for.
REFUSED = {
    ("POST /rooms", ""): 401,
    ("POST /rooms", f"{BEARER}Content-Type: application/octet-stream\r\n"): 415,
    ("POST /rooms?on_eror=skip", f"{BEARER}Content-Type: text/csv\r\n"): 400,
    ("PUT /rooms/f853578c-fc0f-4e65-81b8-566c5dffa35a", f"{BEARER}{JSON}"): 413,
    ("DELETE /rooms/f853578c-fc0f-4e65-81b8-566c5dffa35a", BEARER): 404,
    ("POST /nowhere", ""): 404,
    ("POST /health/live", ""): 405,
    ("GET /rooms?limit=1", ""): 200,
    ("GET /health/live", ""): 200,
}
CHUNKED_ROOM = f"{len(ROOM):x}\r\n{ROOM}\r\n0\r\n\r\n"
# By the first line, headers and body: the status, and what becomes of the connection.
ANNOUNCED = {
    ("GET /rooms?limit=1", "", ""): (200, "keep-alive"),
    ("GET /health/live", "", ""): (200, "keep-alive"),
    ("GET /health/live", "Content-Length: 0\r\n", ""): (200, "keep-alive"),
    ("GET /health/live", "Connection: close\r\n", ""): (200, "close"),
    ("GET /health/live", "Connection: TE, Close\r\n", ""): (200, "close"),
    ("GET /health/live", "Connection: TE\r\nConnection: close\r\n", ""): (200, "close"),
    ("GET /health/live", "Content-Length: 4\r\n", "body"): (200, "close"),
    ("POST /rooms", "Content-Length: 2\r\n", "{}"): (401, "close"),
    ("POST /rooms", CHUNKED, "0\r\n\r\n"): (401, "close"),
    ("POST /rooms", f"{BEARER}{JSON}Content-Length: {len(ROOM)}\r\n", ROOM): (201, "keep-alive"),
    ("POST /rooms", f"{BEARER}{JSON}{CHUNKED}", CHUNKED_ROOM): (201, "keep-alive"),
    ("POST /rooms", f"{BEARER}{JSON}{CHUNKED}", "zz\r\n"): (400, "close"),
    ("POST /rooms", f"{BEARER}{JSON}Content-Length: 65537\r\n", "x" * 65_537): (413, "close"),
}
# What no chunked body looks like (RFC 9112, 7.1), though some of it begins well.
MALFORMED = [
    b"zz\r\n",
    b"\r\n\r\n",
    b"-1\r\n\r\n",
    b"0x5\r\nhello\r\n0\r\n\r\n",
    b"5 \r\nhello\r\n0\r\n\r\n",
    b"5;\x00\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhelloworld\r\n0\r\n\r\n",
    b"5\r\nhello0\r\n\r\n",
    b"5\nhello\n0\n\n",
    b"0\r\nno trailer\r\n\r\n",
    b"0\r\nContent-Length: 5\r\n\r\n",
    b"0\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
    b"f" * 20_000 + b"\r\n",
    b"f" * 5_000 + b"\r\n{}",
]


@dataclass(frozen=True)
class Service:
    """A service that can be spoken to."""

    command: Command
    path: Path | None

    def connect(self) -> socket.socket:
        """Open a connection."""
        client = socket.socket(socket.AF_UNIX if self.path else socket.AF_INET)
        client.settimeout(SECONDS)
        client.connect(str(self.path) if self.path else ("127.0.0.1", self.command.port))
        return client


@pytest.fixture(params=["tcp", "unix"])
def service(
    request: pytest.FixtureRequest,
    commands: Commands,
    database: PostgresDatabase,
    open_folder: Path,
) -> Service:
    """A service of one worker, on TCP or on a unix socket."""
    path = open_folder / "a.sock" if request.param == "unix" else None
    variables = {"RENTOMATIC_SOCKET": str(path)} if path else {}
    variables |= {"RENTOMATIC_TOKENS": token_line("office", TOKEN), "WEB_CONCURRENCY": "1"}
    return Service(commands.gunicorn(database, **variables), path)


def head_of(first: str, headers: str) -> bytes:
    """Write the head of a request."""
    return f"{first} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode()


@dataclass(frozen=True)
class Answer:
    """An answer as it was sent."""

    status: int
    connection: str


def read_answer(client: socket.socket) -> Answer:
    """Read one answer, whose length is known, and nothing behind it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        received = client.recv(1)
        assert received, f"the connection ended after {head!r}"
        head += received
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    rest = int(headers["content-length"])
    while rest:
        received = client.recv(rest)
        assert received, "the answer was cut short"
        rest -= len(received)
    return Answer(int(first.split()[1]), headers["connection"])


def read_to_the_end(client: socket.socket) -> bytes:
    """Read until the service closes the connection, which must not reset it."""
    return b"".join(iter(lambda: client.recv(65_536), b""))


def test_a_refused_body_may_be_sent_to_its_end(service: Service) -> None:
    """The answer comes before it and announces the end; nothing resets it while the body comes."""
    for (first, headers), status in REFUSED.items():
        with closing(service.connect()) as client:
            client.sendall(head_of(first, f"{headers}Content-Length: {MEGABYTE}\r\n"))
            assert read_answer(client) == Answer(status, "close")
            assert client.recv(1) == b""
            client.sendall(b"x" * MEGABYTE)
        with closing(service.connect()) as client:
            client.sendall(head_of(first, headers + CHUNKED))
            client.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (MEGABYTE, b"x" * MEGABYTE))
            assert read_answer(client) == Answer(status, "close")


def test_a_slow_sender_reads_its_refusal_at_the_end(service: Service) -> None:
    """It reads nothing before it has sent everything, and everything takes long."""
    pieces = 10
    size = MEGABYTE // pieces
    with closing(service.connect()) as client:
        client.sendall(head_of("POST /rooms", f"Content-Length: {MEGABYTE}\r\n"))
        for _ in range(pieces):
            time.sleep(2 * LINGER_SECONDS / pieces)
            client.sendall(b"x" * size)
        assert read_answer(client) == Answer(401, "close")


def test_a_connection_is_kept_where_that_is_announced(service: Service) -> None:
    """And only there: a further request is answered, or the connection has ended."""
    for (first, headers, body), expected in ANNOUNCED.items():
        with closing(service.connect()) as client:
            client.sendall(head_of(first, headers) + body.encode())
            assert read_answer(client) == Answer(*expected), (first, headers)
            if expected[1] == "keep-alive":
                client.sendall(head_of("GET /rooms?limit=1", ""))
                assert read_answer(client) == Answer(200, "keep-alive")
            else:
                assert client.recv(1) == b""


def test_a_body_that_does_not_arrive_blocks_no_other_request(service: Service) -> None:
    """Hundreds of clients that announce one and send none are all answered, and so are others."""
    heads = [
        head_of(f"GET {path}", "Content-Length: 10\r\n") for path in ("/health/live", "/rooms")
    ]
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(service.connect())) for _ in range(CLIENTS)]
        deadline = time.monotonic() + STALLED_SECONDS
        for number, client in enumerate(clients):
            client.sendall(heads[number % 10 == 0])
        for client in clients:
            client.settimeout(max(0.001, deadline - time.monotonic()))
            assert read_answer(client) == Answer(200, "close")
        other = stack.enter_context(closing(service.connect()))
        other.sendall(head_of("GET /health/live", ""))
        assert read_answer(other) == Answer(200, "keep-alive")


def damaged(bodies: int) -> Iterator[bytes]:
    """Damage a well-formed body, each time in another way; in some its framing stays whole."""
    for _ in range(bodies):
        body = bytearray(CHUNKED_ROOM.encode())
        for _ in range(NUMBERS.randint(1, 4)):
            place = NUMBERS.randrange(len(body))
            body[place : place + NUMBERS.randint(0, 3)] = NUMBERS.randbytes(NUMBERS.randint(0, 3))
        yield bytes(body)


def test_a_malformed_body_gets_one_answer(service: Service) -> None:
    """Then the connection ends: what follows is not a request, and no traceback is logged."""
    follows = head_of("GET /rooms?limit=2", "")
    refused, taken = ["", f"{BEARER}Content-Type: image/png\r\n"], f"{BEARER}{JSON}"
    for headers in [*refused, taken]:
        for body in [*MALFORMED, *damaged(100)]:
            with closing(service.connect()) as client:
                client.sendall(head_of("POST /rooms", headers + CHUNKED) + body + follows)
                client.shutdown(socket.SHUT_WR)
                answered = read_to_the_end(client)
            answers = answered.count(b"HTTP/1.1 ")
            kept = answered.count(b"Connection: keep-alive")
            # Where only the room is damaged, the next request is one.
            is_framed = headers is taken and body not in MALFORMED and answers == kept == 2
            assert (answers, kept) == (1, 0) or is_framed, (body, answered)
            assert b"HTTP/1.1 500" not in answered, (body, answered)
    assert "exception" not in service.command.complained


def unread(client: socket.socket) -> int:
    """Return how many bytes have arrived that the client has not read."""
    return int.from_bytes(ioctl(client, FIONREAD, bytes(4)), sys.byteorder)


def has_more(client: socket.socket, before: int) -> bool:
    """Wait for a further answer; return whether one arrived."""
    with suppress(AssertionError):
        return until(lambda: unread(client) > before, NO_ANSWER_SECONDS)
    return False


@pytest.mark.parametrize("service", ["unix"], indirect=True)
def test_unread_answers_block_no_other_request(service: Service) -> None:
    """A client asks, never reading, until no further answer fits; the next client is answered."""
    ask = head_of("GET /health/live", "")
    with closing(service.connect()) as deaf, closing(service.connect()) as other:
        deaf.sendall(ask)
        before = until(lambda: unread(deaf))
        deaf.sendall(ask)
        while has_more(deaf, before):
            before = unread(deaf)
            deaf.sendall(ask)
        other.sendall(ask)
        assert read_answer(other) == Answer(200, "keep-alive")
