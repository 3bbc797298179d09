"""Times in which a server of the database is known to be down."""

import logging
import mmap
import threading
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

logger = logging.getLogger("rentomatic.database")

# Leaves time to connect, so that the first answer arrives within a second of the database's return.
PROBE_SECONDS = 0.2

# Each has a mark.
MAX_REPLICAS = 16


@cache
def shared_mark() -> mmap.mmap:
    """Return bytes that are 1 once something has been logged: an outage, and a standby.

    Processes that are forked after its first use share them, so that only one worker logs it.
    """
    return mmap.mmap(-1, 2 + MAX_REPLICAS)


class Label(NamedTuple):
    """What the log calls a database or one of its servers, and the number of its shared mark."""

    name: str
    mark: int

    @classmethod
    def of_replica(cls, address: str, number: int) -> "Label":
        """Return the label of a replica; they are numbered from 1."""
        return cls(f"the replica {address}", 1 + number)


DATABASE = Label("the database", 0)


def report_read_only(reason: str) -> None:
    """Log why the database accepts no writes, once until it does again.

    Args:
        reason: why it does not, an empty string if it does.
    """
    if reason and not shared_mark()[1]:
        logger.warning("%s", reason)
    shared_mark()[1] = bool(reason)


class Outage:
    """Remembers that a server is down, and probes it until it is back.

    Meanwhile requests fail at once, instead of each waiting for a connection.

    Args:
        probes: each returns whether one of the database's servers answers. They run at the same
            time, so that a frozen server does not delay the others.
        label: what the log calls the database.
    """

    def __init__(self, *probes: Callable[[], bool], label: Label = DATABASE) -> None:
        self._probes = probes
        self._name, self._mark = label
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._over.set()
        self._is_closed = False
        self._has_logged = False

    @property
    def is_on(self) -> bool:
        """Whether the server is known to be down."""
        return not self._over.is_set()

    def begin(self, reason: str) -> None:
        """Remember that the server is down, and probe it until it is back."""
        with self._lock:
            if self.is_on or self._is_closed:
                return
            # A probe of the last outage may still be running.
            over = self._over = threading.Event()
        if not shared_mark()[self._mark]:
            shared_mark()[self._mark] = 1
            self._has_logged = True
            logger.warning("%s cannot answer: %s", self._name, reason)
        for each in self._probes:
            threading.Thread(
                target=self._watch, args=(each, over), name="database-probe", daemon=True
            ).start()

    def close(self) -> None:
        """Stop probing."""
        with self._lock:
            self._is_closed = True
            if self._has_logged and self.is_on:
                shared_mark()[self._mark] = 0
            self._over.set()

    def _watch(self, probe: Callable[[], bool], over: threading.Event) -> None:
        while not over.wait(PROBE_SECONDS):
            if probe():
                self._end(over)

    def _end(self, over: threading.Event) -> None:
        with self._lock:
            if over.is_set():
                return
            if shared_mark()[self._mark]:
                shared_mark()[self._mark] = 0
                logger.warning("%s answers again", self._name)
            self._has_logged = False
            over.set()
