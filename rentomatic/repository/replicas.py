"""Reads that replicas answer, and the primary if none of them can."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryTimeoutError, RepositoryUnavailableError
from rentomatic.repository.heartbeat import Heartbeat
from rentomatic.repository.replica import Replica, each_server
from rentomatic.repository.results import ReplicaState
from rentomatic.repository.transactions import Head, Streaming

T = TypeVar("T")

# After this time a thread chooses a replica again, so that one that has returned gets its share.
MAX_AGE_SECONDS = 300.0


class Replicas:
    """Does the reads of a repository on replicas; streams and writes on the primary.

    Each thread has a connection to one replica, chosen at random. If that one cannot answer, the
    read is tried on another, and at last on the primary. While the primary is away too, a
    replica answers whatever the age of its data, because there are no newer ones.

    Args:
        primary: the connections to the primary.
        url: of the replicas, with one or several hosts.
        max_lag: the greatest age of their data, in seconds.
        max_age: seconds after which a thread chooses again; up to a fifth less, at random.
        on_change: called with 1 for each connection that is opened, and -1 for each that is closed.
        on_pass: called for each read for which no replica could be used.
        statement_timeout: as in Connections.
    """

    def __init__(  # noqa: PLR0913 - as Replica, and for all of them
        self,
        primary: Connections,
        url: str,
        max_lag: float,
        *,
        max_age: float = MAX_AGE_SECONDS,
        on_change: Callable[[int], None] = lambda _change: None,
        on_pass: Callable[[], object] = lambda: None,
        statement_timeout: float = 4.0,
    ) -> None:
        self._primary = primary
        self._max_age = max_age
        self._on_pass = on_pass
        heartbeat = Heartbeat(primary, max_lag / 4)
        self._all = [
            Replica(
                each,
                number,
                max_lag=max_lag,
                heartbeat=heartbeat,
                on_change=on_change,
                statement_timeout=statement_timeout,
            )
            for number, each in enumerate(each_server(url), 1)
        ]
        self._local = _Local()

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do read-only work."""
        try:
            return self._read(work)
        except _NoReplicaError:
            self._on_pass()
        try:
            return self._primary.read(work)
        except RepositoryTimeoutError:
            raise
        except RepositoryUnavailableError as error:
            if not self._primary.is_away:
                raise
            try:
                # Now their age does not matter.
                return self._read(work)
            except _NoReplicaError:
                raise error from None

    def stream(self, work: Callable[[Connection], Streaming[Head, T]]) -> tuple[Head, Iterator[T]]:
        """Do read-only work in a snapshot of the primary, which ends with the items."""
        return self._primary.stream(work)

    def write(
        self, work: Callable[[Connection], T], *, dry_run: bool = False, actor: str | None = None
    ) -> T:
        """Do work in a transaction of the primary."""
        return self._primary.write(work, dry_run=dry_run, actor=actor)

    def __iter__(self) -> Iterator[Replica]:
        return iter(self._all)

    def states(self) -> Sequence[ReplicaState]:
        """Measure all replicas now."""
        return [self._state(each) for each in self._all]

    def close(self) -> None:
        """Close this thread's connection, and stop probing the replicas."""
        for each in self._all:
            each.close()

    def leave(self) -> None:
        """Close this thread's connections, to the primary too."""
        if self._local.replica:
            self._local.replica.leave()
            self._local.replica = None
        self._primary.leave()

    def _read(self, work: Callable[[Connection], T]) -> T:
        for replica in self._candidates():
            self._take(replica)
            try:
                return replica.read_fresh(work)
            except RepositoryTimeoutError:
                # The work itself takes too long.
                raise
            except RepositoryUnavailableError:
                replica.leave()
        raise _NoReplicaError

    def _candidates(self) -> list[Replica]:
        """Return the replicas to try: the thread's own, and then the others in any order."""
        mine = self._local
        usable = [each for each in self._all if each.is_usable]
        if mine.replica in usable and time.monotonic() < mine.until:
            usable.sort(key=lambda each: each is not mine.replica)
        else:
            mine.until = 0.0
            random.shuffle(usable)
        return usable

    def _take(self, replica: Replica) -> None:
        """Make a replica the thread's own; close the connection to the last one, or an old one."""
        mine, now = self._local, time.monotonic()
        if mine.replica is replica and now < mine.until:
            return
        if mine.replica:
            mine.replica.leave()
        mine.replica = replica
        mine.until = now + self._max_age * random.uniform(0.8, 1)  # noqa: S311 - not a secret

    def _state(self, replica: Replica) -> ReplicaState:
        try:
            return replica.state()
        finally:
            if replica is not self._local.replica:
                replica.leave()


class _NoReplicaError(Exception):
    """No replica can answer."""


class _Local(threading.local):
    """The replica that a thread has a connection to, and until when."""

    replica: Replica | None = None
    until = 0.0
