"""Commits on an idle primary, without which nothing tells how old the data of its replicas are."""

import threading
import time
from contextlib import suppress

from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.statement import load


class Heartbeat:
    """Lets the primary commit a transaction that changes nothing, when asked to.

    Any role may do so. Each takes a transaction id, of which a server has two billion at a time.

    Args:
        primary: the connections to the primary.
        interval: seconds between two heartbeats, at least.
    """

    def __init__(self, primary: Connections, interval: float) -> None:
        self._primary = primary
        self._interval = interval
        self._statement = load("replica_heartbeat")
        self._lock = threading.Lock()
        self._next = 0.0

    @property
    def has_stopped(self) -> bool:
        """Whether the primary is known to be away."""
        return self._primary.is_away

    def wanted(self) -> None:
        """Begin a heartbeat, unless one has begun a moment ago; do not wait for it."""
        with self._lock:
            now = time.monotonic()
            if now < self._next:
                return
            self._next = now + self._interval
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def _beat(self) -> None:
        def work(connection: Connection) -> None:
            connection.run(self._statement.text())

        try:
            # While the primary is away, nothing newer is written.
            with suppress(RepositoryUnavailableError):
                self._primary.read(work)
        finally:
            self._primary.leave()
