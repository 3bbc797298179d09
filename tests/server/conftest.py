"""One connection without a process: bytes in, bytes out, through real sockets."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from rentomatic.server.connection import Connection
from rentomatic.server.handling import Handler
from rentomatic.server.head import Heads
from rentomatic.server.worker import Worker

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

PEER = ("192.0.2.1", 50_000)
SERVER = ("127.0.0.1", 8_000)


def settings(**given: object) -> Any:  # noqa: ANN401 - gunicorn has no annotations
    """Return gunicorn's settings, with those of ops/gunicorn.conf.py that concern requests."""
    cfg = Config()
    ours: dict[str, object] = {"limit_request_line": 8190, "limit_request_field_size": 8192}
    ours |= {"forwarder_headers": "", "http_parser": "python"}
    for name, value in (ours | given).items():
        cfg.set(name, value)
    return cfg


@pytest.fixture(scope="session")
def cfg() -> Any:  # noqa: ANN401
    """Settings of gunicorn."""
    return settings()


class Echo:
    """An application that answers with the body of the request, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, Any], bytes]] = []

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> list[bytes]:
        """Answer a request; a malformed body with 400."""
        try:
            body = environ["wsgi.input"].read()
        except (ValueError, OSError):
            start_response("400 Bad Request", [("Content-Length", "0")])
            return []
        self.asked.append((environ, body))
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


class Client:
    """The client's side of a connection.

    Attributes:
        connection: the server's side.
        is_kept: whether the server kept it after its last answer.
    """

    def __init__(self, cfg: Any, application: Any, peer: object) -> None:  # noqa: ANN401
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._socket.settimeout(10)
        log = Logger(cfg)
        worker = Worker(0, os.getpid(), [], None, 30, cfg, log)
        worker.tmp.close()
        self._handler = Handler(Heads(cfg), application, log, worker.handle_error, lambda: True)
        self.connection = Connection(theirs, peer, SERVER)
        self.is_kept = True

    def ask(self, *sent: bytes) -> bytes:
        """Send bytes, and let the server answer all requests in them; return its answers."""
        for piece in sent:
            self._socket.sendall(piece)
        while True:
            while received := self.connection.read():
                self.connection.received += received
            if not (self.is_kept and self.connection.received):
                break
            if not self.connection.has_head:
                break
            self.is_kept = self._handler.handle(self.connection)
        return self.read()

    def read(self) -> bytes:
        """Return what has been answered."""
        answered = b""
        self._socket.settimeout(0)
        try:
            while received := self._socket.recv(65_536):
                answered += received
        except BlockingIOError:
            pass
        return answered

    def close(self) -> None:
        """Close both sides."""
        self._socket.close()
        self.connection.close()


Connect = Callable[..., Client]


@pytest.fixture
def echo() -> Echo:
    """An application that answers with the body of the request."""
    return Echo()


@pytest.fixture
def connect(cfg: Any, echo: Echo) -> Iterator[Connect]:  # noqa: ANN401
    """Open connections, by default to the echo."""
    clients: list[Client] = []

    def make(application: Any = echo, peer: object = PEER) -> Client:  # noqa: ANN401
        clients.append(Client(cfg, application, peer))
        return clients[-1]

    yield make
    for client in clients:
        with closing(client):
            pass
