"""A process that may open few files accepts few connections, and survives having none left."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from testbed.processes import children_of

from rentomatic.config import PostgresDatabase
from tests.commands import SECONDS, Command, Commands

FILES = 256
CLIENTS = 400
HEAD = b"GET /rooms?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def few_files() -> Iterator[None]:
    """Let what is started here have few files, as `ulimit -n 256` does."""
    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@pytest.fixture
def service(commands: Commands, database: PostgresDatabase) -> Command:
    """A service of one worker that may open few files."""
    with few_files():
        service = commands.gunicorn(database, WEB_CONCURRENCY="1")
    assert service.ask("/rooms?limit=1") == 200
    return service


def connect(service: Command) -> socket.socket:
    """Open a connection."""
    return socket.create_connection(("127.0.0.1", service.port), SECONDS)


def is_answered(client: socket.socket) -> bool:
    """Ask on a connection."""
    client.sendall(HEAD)
    return client.recv(65_536).startswith(b"HTTP/1.1 200 OK")


def test_connections_never_take_all_files(service: Command) -> None:
    """More clients than files: those that are in are answered, the others wait for their turn."""
    workers = children_of(service.process.pid)
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(connect(service))) for _ in range(CLIENTS)]
        assert all(is_answered(client) for client in clients[: FILES // 4])
    assert service.ask("/rooms?limit=1") == 200
    assert children_of(service.process.pid) == workers
    assert "cannot accept" not in service.complained


def test_a_worker_that_can_open_no_file_lives_on(service: Command) -> None:
    """It answers who is connected, says what it lacks, and accepts again when it can."""
    (worker,) = children_of(service.process.pid)
    with ExitStack() as stack:
        inside = stack.enter_context(closing(connect(service)))
        assert is_answered(inside)
        numbers = [int(file.name) for file in Path(f"/proc/{worker}/fd").iterdir()]
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (max(numbers) + 1, FILES))
        free = max(numbers) + 1 - len(numbers)
        outside = [stack.enter_context(closing(connect(service))) for _ in range(free + 5)]
        for client in outside:
            client.sendall(HEAD)
        service.reports("cannot accept connections: Too many open files")
        assert is_answered(inside)
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (FILES, FILES))
        for client in outside:
            assert client.recv(65_536).startswith(b"HTTP/1.1 200 OK")
    assert children_of(service.process.pid) == {worker}
