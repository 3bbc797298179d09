"""Times in which the database is known to be down."""

import logging
import mmap
import threading
from collections.abc import Callable
from functools import cache

logger = logging.getLogger("rentomatic.database")

# Leaves time to connect, so that the first answer arrives within a second of the database's return.
PROBE_SECONDS = 0.2


@cache
def shared_mark() -> mmap.mmap:
    """Return a byte that is 1 once the outage has been logged.

    Processes that are forked after its first use share it, so that only one worker logs an outage.
    """
    return mmap.mmap(-1, 1)


class Outage:
    """Remembers that the database is down, and probes it until it is back.

    Meanwhile requests fail at once, instead of each waiting for a connection.

    Args:
        probe: returns whether the database answers.
    """

    def __init__(self, probe: Callable[[], bool]) -> None:
        self._probe = probe
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._over.set()
        self._closed = threading.Event()
        self._has_logged = False

    @property
    def is_on(self) -> bool:
        """Whether the database is known to be down."""
        return not self._over.is_set()

    def begin(self, reason: str) -> None:
        """Remember that the database is down, and probe it until it is back."""
        with self._lock:
            if self.is_on or self._closed.is_set():
                return
            self._over.clear()
        if not shared_mark()[0]:
            shared_mark()[0] = 1
            self._has_logged = True
            logger.warning("the database cannot answer: %s", reason)
        threading.Thread(target=self._watch, name="database-probe", daemon=True).start()

    def close(self) -> None:
        """Stop probing."""
        with self._lock:
            self._closed.set()
            if self._has_logged and self.is_on:
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
            self._has_logged = False
            self._over.set()
