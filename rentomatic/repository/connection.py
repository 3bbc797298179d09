"""A connection to PostgreSQL on which nobody waits for ever."""

import time
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from rentomatic.repository.pooling import Statements


class NoAnswerError(psycopg.OperationalError):
    """The server took a statement and said nothing, not even that the statement took too long."""


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection on which nobody waits for ever: a server that is frozen never answers.

    Attributes:
        patience: seconds that one wait may take; None for any number.
        deadline: the time, as `time.monotonic` counts, until which all waits must end.
    """

    patience: float | None = None
    deadline: float | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - psycopg's
        super().__init__(*arguments, **options)
        self._prepared = Statements()
        # One type for every integer, alone and in lists: else each size of number prepares a
        # statement of its own, and a list may be sent as the type of another one.
        self.adapters.register_dumper(int, Int8Dumper)
        self.adapters.register_dumper(int, Int8BinaryDumper)

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server, at most until the deadline; then close the connection.

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
            msg = "the server accepts statements and does not answer"
            raise NoAnswerError(msg) from None

    def _limit(self) -> float | None:
        if self.patience is None or self.deadline is None:
            return self.patience
        return max(0.0, min(self.patience, self.deadline - time.monotonic()))
