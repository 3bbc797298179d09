"""The threads of a worker."""

import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

from rentomatic.server.connection import Connection


class Pool:
    """Threads that answer requests, started when they are first needed.

    Args:
        most: how many there may be.
        answer: answers the request on a connection.
        log: gunicorn's logger.
    """

    def __init__(self, most: int, answer: Callable[[Connection], None], log: Any) -> None:  # noqa: ANN401 - gunicorn has no annotations
        self.most = most
        self._answer = answer
        self._log = log
        self._threads: list[Thread] = []
        self._ready: SimpleQueue[Connection | None] = SimpleQueue()
        # All threads change it, always in one atomic operation.
        self._busy: set[Connection] = set()

    @property
    def is_busy(self) -> bool:
        """Whether no thread is free."""
        return len(self._busy) >= self.most

    def put(self, connection: Connection) -> None:
        """Let a thread answer the request on a connection."""
        self._busy.add(connection)
        self._ready.put(connection)

    def discard(self, connection: Connection) -> None:
        """Note that the request on a connection is answered."""
        self._busy.discard(connection)

    def grow(self) -> None:
        """Start a thread if one is missing; only the main loop may call it."""
        if len(self._busy) > len(self._threads) < self.most:
            thread = Thread(target=self._work, name=f"answers-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def end(self, seconds: float) -> None:
        """End the threads, and wait for them at most this many seconds."""
        for _ in self._threads:
            self._ready.put(None)
        ends_at = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0, ends_at - time.monotonic()))

    def _work(self) -> None:
        """Answer requests, in a thread, until there are no more."""
        while connection := self._ready.get():
            try:
                self._answer(connection)
            except BaseException:  # noqa: BLE001 - not even SystemExit: the thread would not be replaced
                self._log.exception("a connection failed")
