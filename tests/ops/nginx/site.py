"""Rent-o-Matic behind an nginx, and what clients ask of it."""

import json
import os
import signal
import socket
import subprocess
import sys
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

from rentomatic.config import PostgresDatabase
from rentomatic.tokens import new_token, token_line
from tests.commands import CHECKOUT, SECONDS

HERE = "127.0.0.1"
TOKEN = new_token()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

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
        gunicorn: the number of gunicorn's master.
        database: where the rooms are.
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
        """Ask for something, on a connection of its own, from an address of this machine."""
        connection = HTTPConnection(
            HERE, port or self.proxy.port, SECONDS, source_address=(source, 0)
        )
        with closing(connection):
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def cache(self, path: str, headers: Mapping[str, str] | None = None, **how: Any) -> str:  # noqa: ANN401
        """Ask for something; tell from the log what the cache had to do with it: HIT, MISS, ..."""
        return str(self.logged(self.ask(path, headers, **how))["cache"])

    def logged(self, answer: Answer) -> dict[str, Any]:
        """Give what nginx's log says of an answer."""
        log = self.proxy.folder / "rentomatic.log"
        name = answer.headers["X-Request-Id"]
        (line,) = until(lambda: [line for line in log.read_text().splitlines() if name in line])
        found: dict[str, Any] = json.loads(line)
        return found

    def errors(self) -> str:
        """Give nginx's log of errors and warnings."""
        return (self.proxy.folder / "error.log").read_text()

    def send(self, request: bytes) -> Answer:
        """Send bytes; give the answer, whatever nginx thinks of them."""
        with self.connect() as connection:
            connection.sendall(request)
            answer = HTTPResponse(connection)
            answer.begin()
            return Answer(answer.status, answer.headers, answer.read())

    def connect(self, source: str = HERE, buffer: int = 0) -> socket.socket:
        """Open a connection, with a small buffer for what is received if one is given."""
        connection = socket.socket()
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(SECONDS)
        connection.bind((source, 0))
        connection.connect((HERE, self.proxy.port))
        return connection

    @contextmanager
    def nobody_works(self) -> Iterator[None]:
        """Let gunicorn's workers stand still."""
        workers = self.workers()
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGCONT)

    def passed_on(self) -> int:
        """Count the requests that nginx has passed on to the service and that are not answered."""
        service = str(self.proxy.folder.parent / "rentomatic.sock")
        sockets = Path("/proc/net/unix").read_text().splitlines()
        return sum(line.endswith(service) for line in sockets) - 1  # it listens, too

    def workers(self) -> set[int]:
        """Return the process numbers of gunicorn's workers."""
        return children_of(self.gunicorn)


@contextmanager
def served(database: PostgresDatabase, service: Path) -> Iterator[int]:
    """Run the service as a deploy does, on a unix socket; give the number of gunicorn's master."""
    command = [sys.executable, "-m", "gunicorn", "--bind", f"unix:{service}"]
    command += ["--config", str(CHECKOUT / "ops/gunicorn.conf.py")]
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database.url}
    environment |= {"RENTOMATIC_METRICS": "on", "RENTOMATIC_LOG": "json"}
    environment |= {"RENTOMATIC_TOKENS": token_line("office", TOKEN)}
    with (
        service.with_suffix(".log").open("wb") as log,
        subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            until(lambda: service.exists() or process.poll() is not None)
            assert process.poll() is None, service.with_suffix(".log").read_text()
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
