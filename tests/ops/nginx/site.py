"""Rent-o-Matic behind nginx, and requests to it."""

import json
import os
import signal
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from testbed.nginx import Proxy
from testbed.processes import children_of
from testbed.waiting import until

from rentomatic.config import PostgresDatabase, read_settings
from rentomatic.tokens import new_token, token_line
from tests.commands import SECONDS
from tests.serving import served

HERE = "127.0.0.1"
TOKEN = new_token()
WORKERS = read_settings({}).workers


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:  # noqa: ANN401
        """Read the body."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Site:
    """Rent-o-Matic behind nginx.

    Attributes:
        proxy: the nginx.
        gunicorn: the process id of gunicorn's master.
        database: its database.
    """

    proxy: Proxy
    gunicorn: int
    database: PostgresDatabase

    def ask(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes | Iterable[bytes] | None = None,
        source: str = HERE,
        port: int = 0,
    ) -> Answer:
        """Send a request on a new connection from one of this machine's addresses."""
        connection = HTTPConnection(
            HERE, port or self.proxy.port, SECONDS, source_address=(source, 0)
        )
        with closing(connection):
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def store(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request; return its answer once nginx has finished with it.

        nginx sends an answer before it has updated its cache: the next request could miss it.
        """
        answer = self.ask(path, headers)
        self.logged(answer)
        return answer

    def cache(self, path: str, headers: Mapping[str, str] | None = None, **how: Any) -> str:  # noqa: ANN401
        """Send a request; return the cache's status from the log: HIT, MISS, ..."""
        return str(self.logged(self.ask(path, headers, **how))["cache"])

    def logged(self, answer: Answer) -> dict[str, Any]:
        """Return the line of nginx's log for an answer."""
        log = self.proxy.folder / "rentomatic.log"
        name = answer.headers["X-Request-Id"]
        (line,) = until(lambda: [line for line in log.read_text().splitlines() if name in line])
        found: dict[str, Any] = json.loads(line)
        return found

    def errors(self) -> str:
        """Return nginx's error log."""
        return (self.proxy.folder / "error.log").read_text(errors="replace")

    def send(self, request: bytes) -> Answer:
        """Send bytes as they are; return the answer."""
        with self.connect() as connection:
            connection.sendall(request)
            answer = HTTPResponse(connection)
            answer.begin()
            return Answer(answer.status, answer.headers, answer.read())

    def connect(self, source: str = HERE, buffer: int = 0) -> socket.socket:
        """Open a connection, with this size of receive buffer if one is given."""
        connection = socket.socket()
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(SECONDS)
        connection.bind((source, 0))
        connection.connect((HERE, self.proxy.port))
        return connection

    @contextmanager
    def stopped_workers(self) -> Iterator[None]:
        """Stop gunicorn's workers for a while."""
        workers = self.workers()
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGCONT)

    def passed_on(self) -> int:
        """Count the unanswered requests that nginx has passed to the service."""
        service = str(self.proxy.folder.parent / "rentomatic.sock")
        sockets = Path("/proc/net/unix").read_text().splitlines()
        return sum(line.endswith(service) for line in sockets) - 1  # the listening socket

    def workers(self) -> set[int]:
        """Return the process ids of gunicorn's workers."""
        return children_of(self.gunicorn)

    def kill(self, *workers: int) -> None:
        """Kill workers of gunicorn, and wait until others have replaced them."""
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        until(lambda: len(now := self.workers()) == WORKERS and now.isdisjoint(workers))


@contextmanager
def behind_nginx(database: PostgresDatabase, service: Path) -> Iterator[int]:
    """Run the service on a unix socket; yield the id of gunicorn's main process."""
    settings = {
        "RENTOMATIC_METRICS": "on",
        "RENTOMATIC_LOG": "json",
        "RENTOMATIC_TOKENS": token_line("office", TOKEN),
        "RENTOMATIC_PUBLIC_URL": "http://127.0.0.1",
    }
    with served(database, f"unix:{service}", service.with_suffix(".log"), **settings) as process:
        yield process
