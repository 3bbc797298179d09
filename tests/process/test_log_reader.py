"""A reader of the log stops, as a frozen journald does: lines are lost, answers are not."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from testbed.processes import free_port
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from tests.commands import CHECKOUT, SECONDS, Command
from tests.process.observation import counts, listens

# Each fills two kilobytes of the log, and together they are more than may wait to be written.
REQUESTS = 1_000
PATHS = [f"/rooms?limit=1&utm_source={'x' * 1_900}", f"/health/live?{'x' * 1_900}"]
DROPPED = "rentomatic_log_lines_dropped_total"


class LogReader:
    """Reads the log of a service when it is asked to, and not before."""

    def __init__(self, kind: str) -> None:
        if kind.endswith("pipe"):
            self._reading, self.writing = os.pipe()
            os.set_blocking(self.writing, kind == "pipe")
        else:
            ours, theirs = socket.socketpair()
            self._reading, self.writing = ours.detach(), theirs.detach()
        self._read = b""

    def lines(self) -> list[dict[str, object]]:
        """Read what is there; return all whole lines until now."""
        os.set_blocking(self._reading, False)
        with suppress(BlockingIOError):
            while received := os.read(self._reading, 65_536):
                self._read += received
        *whole, _ = self._read.split(b"\n")
        return [json.loads(line) for line in whole]

    def close(self) -> None:
        """Read no more."""
        os.close(self._reading)


@pytest.fixture(params=["pipe", "non-blocking pipe", "socket"])
def reader(request: pytest.FixtureRequest) -> Iterator[LogReader]:
    """The reader of the log: behind a pipe, or behind a socket as journald is.

    A pipe may be non-blocking, as another process that has it may have made it so.
    """
    with closing(LogReader(request.param)) as reader:
        yield reader


@pytest.fixture
def service(reader: LogReader, database: PostgresDatabase) -> Iterator[Command]:
    """A service of one worker, both of whose outputs go to the reader."""
    port = free_port()
    given = {"DATABASE_URL": database.url, "PORT": str(port), "WEB_CONCURRENCY": "1"}
    given |= {"RENTOMATIC_METRICS": "on", "RENTOMATIC_LOG": "json"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", CHECKOUT / "ops" / "gunicorn.conf.py"],
        env=os.environ | given,
        cwd=CHECKOUT,
        stdout=reader.writing,
        stderr=reader.writing,
        text=True,
    )
    os.close(reader.writing)
    try:
        until(lambda: process.poll() is not None or listens(port))
        yield Command(process, Path(os.devnull), Path(os.devnull), port)
    finally:
        process.kill()
        process.wait()


def ask_much(service: Command) -> None:
    """Ask so much that the log is full."""
    with closing(HTTPConnection("127.0.0.1", service.port, timeout=SECONDS)) as connection:
        for number in range(REQUESTS):
            connection.request("GET", PATHS[number % len(PATHS)])
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200


def test_a_reader_that_stops_loses_lines_and_no_answer(service: Command, reader: LogReader) -> None:
    """Each line is read, or counted as dropped: in the metrics, and in a line when it goes on."""
    ask_much(service)
    counted = counts(service)[DROPPED]
    reports = until(
        lambda: [line for line in reader.lines() if "dropped" in str(line.get("message"))]
    )
    assert len(reports) == 1
    assert reports[0]["level"] == "warning"
    dropped = int(str(reports[0]["message"]).split()[0])
    assert dropped >= counted > 0
    assert counts(service)[DROPPED] == dropped
    until(lambda: sum("status" in line for line in reader.lines()) == REQUESTS + 2 - dropped)
    # From here on lines are read again.
    assert service.ask("/health/live") == 200
    until(lambda: reader.lines()[-1].get("route") == "/health/live")


def test_a_service_whose_log_is_full_ends(service: Command) -> None:
    """Neither the worker nor the master waits for a reader that never comes back."""
    ask_much(service)
    service.process.terminate()
    assert service.end() == 0
