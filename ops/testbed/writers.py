"""Writes while processes are killed: each acknowledged room must exist once."""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Condition, Event
from typing import Self

import psycopg

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster
from testbed.processes import children_of, crash

CLIENTS = 8
SECONDS = 60
PAUSE_SECONDS = 0.02
# At most this many rooms are acknowledged between two kills, which come at random moments.
MOST_BETWEEN = 50


@dataclass(frozen=True, slots=True)
class Write:
    """An acknowledged room. Times are in seconds since 1970.

    Attributes:
        number: its price and its idempotency key.
        code: its code, from the answer.
        first: when it was first sent.
        last: when it was last sent.
        answered: when it was acknowledged.
        repeats: how often it was sent again.
    """

    number: int
    code: str
    first: float
    last: float
    answered: float
    repeats: int


@dataclass
class Writers:
    """Clients that add rooms; they send each room with its key until it is acknowledged.

    Attributes:
        address: of the service, HOST:PORT.
        token: for the writes.
        clients: how many write at the same time.
        pause: how long each waits after a room is acknowledged, in seconds.
        start: the first number; others that write into the same database need other numbers.
        acknowledged: the acknowledged rooms.
        statuses: how often each status came.
        failures: how often each exception came instead of an answer.
    """

    address: str
    token: str
    clients: int = CLIENTS
    pause: float = 0.0
    start: int = 1
    acknowledged: list[Write] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(init=False)
    _news: Condition = field(default_factory=Condition)
    _is_over: Event = field(default_factory=Event)
    _gives_up: Event = field(default_factory=Event)
    _running: list[Future[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = count(self.start)

    def __enter__(self) -> Self:
        pool = ThreadPoolExecutor(self.clients)
        self._running = [pool.submit(self._write_on) for _ in range(self.clients)]
        pool.shutdown(wait=False)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if kind:
            self._gives_up.set()
        self._is_over.set()
        for each in self._running:
            each.result()

    def wait(self, is_there: Callable[[], bool]) -> None:
        """Wait for a condition that depends on what is acknowledged; fail after a minute."""
        with self._news:
            assert self._news.wait_for(is_there, SECONDS), f"still not true after {SECONDS} s"

    def wait_a_while(self) -> None:
        """Wait until a few more rooms are acknowledged."""
        wanted = len(self.acknowledged) + random.randint(1, MOST_BETWEEN)
        self.wait(lambda: len(self.acknowledged) >= wanted)

    def _write_on(self) -> None:
        while not self._is_over.is_set():
            number = next(self._numbers)
            write = self._insist(number)
            if not write:
                return
            with self._news:
                self.acknowledged.append(write)
                self._news.notify_all()
            self._is_over.wait(self.pause)

    def _insist(self, number: int) -> Write | None:
        """Send a room until it is acknowledged, or something else has failed."""
        first = time.time()
        for repeats in count():
            if self._gives_up.is_set():
                return None
            last = time.time()
            code = self._send(number)
            if code:
                return Write(number, code, first, last, time.time(), repeats)
            assert last < first + SECONDS, f"room {number} is not acknowledged after {SECONDS} s"
            time.sleep(PAUSE_SECONDS)
        raise AssertionError

    def _send(self, number: int) -> str | None:
        """Send a room; return its code if it is acknowledged."""
        connection = HTTPConnection(self.address, timeout=SECONDS)
        room = {"size": 20, "price": number, "longitude": 13.4, "latitude": 52.5}
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(number),
        }
        try:
            connection.request("POST", "/rooms", json.dumps(room), headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException) as error:
            with self._news:
                self.failures[type(error).__name__] += 1
            return None
        finally:
            connection.close()
        with self._news:
            self.statuses[answer.status] += 1
        return str(json.loads(body)["code"]) if answer.status == HTTPStatus.CREATED else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the rooms in the database compare with those that were acknowledged.

    Attributes:
        lost: how many acknowledged rooms do not exist under their code.
        doubled: how many rooms exist more than once.
        known: how many already existed when they were last sent.
    """

    lost: int
    doubled: int
    known: int


def compare(database: PostgresDatabase, writers: Writers) -> Comparison:
    """Compare the rooms that were acknowledged with those in the database."""
    acknowledged = list(writers.acknowledged)
    with psycopg.connect(database.url) as connection:
        rooms = connection.execute("select price, code::text from room").fetchall()
        changes = connection.execute(
            "select price, extract(epoch from made_at)::float8 from room_change"
        )
        made: dict[int, float] = dict(changes.fetchall())
    there = set(rooms)
    return Comparison(
        sum((write.number, write.code) not in there for write in acknowledged),
        len(rooms) - len({price for price, _ in rooms}),
        sum(made.get(write.number, write.last) < write.last for write in acknowledged),
    )


def crash_database(writers: Writers, cluster: Cluster) -> float:
    """Crash the server during writes and start it again.

    Returns the seconds from its restart until a room is acknowledged.
    """
    writers.wait_a_while()
    crash(cluster)
    gone = time.time()
    returned = _start(cluster)
    return max(0.0, first_after(writers, gone) - returned)


def first_after(writers: Writers, moment: float) -> float:
    """Wait for a room that was sent after a moment; return when the first one was acknowledged."""

    def later() -> list[Write]:
        return [write for write in writers.acknowledged if write.last > moment]

    writers.wait(lambda: bool(later()))
    return min(write.answered for write in later())


def _start(cluster: Cluster) -> float:
    """Start a server; return the time at which it first accepted a connection."""
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(cluster.start)
        while not (_answers(cluster) or starting.done()):
            time.sleep(0.005)
        returned = time.time()
        starting.result()
    return returned


def _answers(cluster: Cluster) -> bool:
    with suppress(psycopg.OperationalError):
        psycopg.connect(cluster.database.url).close()
        return True
    return False


def kill_worker(writers: Writers, service: int) -> None:
    """Kill a worker of the service with this main process, during writes."""
    writers.wait_a_while()
    writers.wait(lambda: bool(children_of(service)))
    os.kill(random.choice(sorted(children_of(service))), signal.SIGKILL)
