"""The times in which the database is known to be away."""

import logging
import mmap
import threading
from collections.abc import Callable
from functools import cache

logger = logging.getLogger("rentomatic.database")

# "The first answer within a second of its return" has room for a connection besides.
PROBE_SECONDS = 0.2


@cache
def shared_mark() -> mmap.mmap:
    """Give the byte that is 1 once somebody has told of the outage.

    Processes that are forked after its first use share it, so that of all workers one tells.
    """
    return mmap.mmap(-1, 1)


class Outage:
    """Knows that the database is away, and finds out by itself when it is back.

    Requests then need not try, each for as long as that takes; their number does not matter.

    Args:
        probe: tells whether the database answers.
    """

    def __init__(self, probe: Callable[[], bool]) -> None:
        self._probe = probe
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._over.set()
        self._closed = threading.Event()
        self._has_told = False

    @property
    def is_on(self) -> bool:
        """Whether the database is known to be away."""
        return not self._over.is_set()

    def begin(self, reason: str) -> None:
        """Note that the database is away, and look for it until it is back."""
        with self._lock:
            if self.is_on or self._closed.is_set():
                return
            self._over.clear()
        if not shared_mark()[0]:
            shared_mark()[0] = 1
            self._has_told = True
            logger.warning("the database cannot answer: %s", reason)
        threading.Thread(target=self._watch, name="database-probe", daemon=True).start()

    def close(self) -> None:
        """Look no longer."""
        with self._lock:
            self._closed.set()
            if self._has_told and self.is_on:
                shared_mark()[0] = 0
            self._over.set()

    def _watch(self) -> None:
        while not self._closed.wait(PROBE_SECONDS):
            if self._probe():
                self._end()
                return

    def _end(self) -> None:
        with self._lock:
            if self._closed.is_set():
                return
            if shared_mark()[0]:
                shared_mark()[0] = 0
                logger.warning("the database answers again")
            self._has_told = False
            self._over.set()
