"""A connection to PostgreSQL whose waits are limited."""

import time
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from rentomatic.repository.pooling import Statements


class NoAnswerError(psycopg.OperationalError):
    """The server accepted a statement but did not answer, not even with its own timeout."""


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose waits are limited, because a frozen server never answers.

    Attributes:
        patience: the most seconds that a wait may take; None for no limit.
        deadline: the `time.monotonic()` time by which all waits must end.
    """

    patience: float | None = None
    deadline: float | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - psycopg's
        super().__init__(*arguments, **options)
        self._prepared = Statements()
        # One type for all integers, in lists too. Otherwise each size of number prepares its own
        # statement, and a list may be sent with the type of another one.
        self.adapters.register_dumper(int, Int8Dumper)
        self.adapters.register_dumper(int, Int8BinaryDumper)

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server, but close the connection at the deadline.

        Raises:
            NoAnswerError: at the deadline.
        """
        limit = timeout if timeout is not None else self._limit()
        ends = None if limit is None else time.monotonic() + limit
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if ends is None or self.closed or time.monotonic() < ends:
                raise
            self.pgconn.finish()
            raise NoAnswerError("the server accepts statements but does not answer") from None

    def _limit(self) -> float | None:
        if self.patience is None or self.deadline is None:
            return self.patience
        return max(0.0, min(self.patience, self.deadline - time.monotonic()))
