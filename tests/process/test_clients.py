"""Slow, silent and odd clients cannot harm others, even without a proxy.

One worker of one thread answers, so that whatever holds a thread holds everybody.
"""

import signal
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from rentomatic.embedded.cluster import find_cluster
from tests.commands import Command, Commands
from tests.databases import locked_rooms

HEAD = b"GET /rooms?limit=1 HTTP/1.1\r\nHost: x\r\n"
# Not requested before, so that the answer does not come from the service's cache.
NEW_HEAD = b"GET /rooms?limit=2 HTTP/1.1\r\nHost: x\r\n"
CLIENTS = 100


@pytest.fixture
def service(commands: Commands) -> Command:
    """A service of one worker of one thread."""
    return commands.serve("--demo", WEB_CONCURRENCY="1", RENTOMATIC_THREADS="1")


class Client:
    """A client that sends raw bytes."""

    def __init__(self, service: Command, sent: bytes = b"") -> None:
        self._socket = socket.create_connection(("127.0.0.1", service.port), timeout=30)
        self.send(sent)

    def send(self, sent: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(sent)

    def read(self, answers: int = 1) -> bytes:
        """Read until as many answers have come, or the connection is closed."""
        read = b""
        while (read.count(b"HTTP/1.1 ") < answers or not read.endswith((b"}]", b"}", b">\n"))) and (
            received := self._socket.recv(65536)
        ):
            read += received
        return read

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


Connect = Callable[..., Client]


@pytest.fixture
def connect(service: Command) -> Iterator[Connect]:
    """Make clients, which have sent something already."""
    clients: list[Client] = []

    def make(sent: bytes = b"") -> Client:
        clients.append(Client(service, sent))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def test_half_sent_requests_block_no_other_client(service: Command, connect: Connect) -> None:
    """Others are answered while they wait; after 10 s they get an error."""
    half = [connect(HEAD if number % 2 else b"") for number in range(CLIENTS)]
    for _ in range(20):
        assert service.ask("/rooms?limit=1") == 200
    half[1].send(b"\r\n")
    assert half[1].read().startswith(b"HTTP/1.1 200 OK")
    assert half[3].read().startswith(b"HTTP/1.1 408 Request Timeout")
    assert half[0].read() == b""
    assert service.ask("/rooms?limit=1") == 200


def test_a_request_may_arrive_byte_by_byte(connect: Connect) -> None:
    """As long as bytes keep arriving."""
    client = connect()
    for byte in HEAD + b"\r\n":
        client.send(bytes([byte]))
        time.sleep(0.005)
    assert client.read().startswith(b"HTTP/1.1 200 OK")


def test_requests_may_be_sent_ahead(connect: Connect) -> None:
    """On one connection; each is answered, in order, also the half one once it is whole."""
    whole = HEAD + b"\r\n"
    client = connect(whole + whole.replace(b"/rooms?limit=1", b"/health/live") + HEAD)
    read = client.read(2)
    assert read.index(b'[{"code"') < read.index(b'{"status":"live"}')
    client.send(b"\r\n")
    assert b'[{"code"' in client.read()


def test_a_request_behind_a_health_check_is_answered(connect: Connect) -> None:
    """Though it is the first one that takes a thread."""
    whole = HEAD + b"\r\n"
    read = connect(whole.replace(b"/rooms?limit=1", b"/health/live") + whole).read(2)
    assert read.index(b'{"status":"live"}') < read.index(b'[{"code"')


def test_a_head_has_its_limit(service: Command, connect: Connect) -> None:
    """It is refused before it is whole."""
    client = connect(HEAD + b"X-A: " + b"a" * 70_000)
    assert client.read().startswith(b"HTTP/1.1 431 Request Header Fields Too Large")
    assert service.ask("/rooms?limit=1") == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + b"Connection: close\r\n\r\n", b"200"),
        (HEAD + b"Content-Length: 1000\r\n\r\nhalf of it", b"200"),
        (HEAD.replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\n\r\n5\r\n", b"401"),
        (b"\x16\x03\x01\r\n\r\n", b"400"),
    ],
)
def test_an_open_connection_blocks_no_other_client(
    service: Command, connect: Connect, sent: bytes, status: bytes
) -> None:
    """Neither after the last answer, nor with an unread body."""
    clients = [connect(sent) for _ in range(20)]
    for client in clients:
        assert client.read().startswith(b"HTTP/1.1 " + status)
    assert service.ask("/rooms?limit=1") == 200


def test_a_busy_process_lives(service: Command, commands: Commands, connect: Connect) -> None:
    """Health checks are answered while every thread waits for the database."""
    with locked_rooms(find_cluster(commands.data).database) as until_one_waits:
        waiting = connect(NEW_HEAD + b"\r\n")
        assert service.ask("/health/live") == 200
        until_one_waits()
        assert service.ask("/health/live") == 200
    assert waiting.read().startswith(b"HTTP/1.1 200 OK")


def test_a_request_under_way_is_answered_before_the_end(
    service: Command, commands: Commands, connect: Connect
) -> None:
    """SIGTERM cuts no answer off; idle and silent connections do not delay the end."""
    idle, silent = connect(HEAD + b"\r\n"), connect()
    idle.read()
    with locked_rooms(find_cluster(commands.data).database) as until_one_waits:
        waiting = connect(NEW_HEAD + b"\r\n")
        until_one_waits()
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
    assert waiting.read().startswith(b"HTTP/1.1 200 OK")
    assert service.end() == 0
    assert silent.read() == b""
