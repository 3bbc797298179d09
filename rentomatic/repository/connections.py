"""Connections to PostgreSQL: one a thread, opened when first needed, replaced when lost."""

import logging
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from rentomatic.repository.interface import RepositoryUnavailableError

logger = logging.getLogger(__name__)

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]

# SQLSTATE classes and conditions under which the database cannot answer now, though nothing is
# wrong with what was asked (PostgreSQL manual, appendix A).
_UNAVAILABLE_CLASSES = {
    "08",  # connection exception
    "28",  # invalid authorization
    "3D",  # the database does not exist
    "53",  # insufficient resources: connections, memory, disk
    "57",  # operator intervention: shutdown, statement timeout
    "58",  # system error
}
_UNAVAILABLE_STATES = {
    errors.UndefinedTable.sqlstate,  # not migrated yet
    errors.UndefinedColumn.sqlstate,
    errors.IdleInTransactionSessionTimeout.sqlstate,
    errors.ReadOnlySqlTransaction.sqlstate,
    errors.LockNotAvailable.sqlstate,
    errors.DeadlockDetected.sqlstate,
    errors.SerializationFailure.sqlstate,
}


class Connections:
    """Holds one connection for each thread.

    Args:
        conninfo: a libpq URL or connection string.
        connect_timeout: seconds until an attempt to connect is given up.
        statement_timeout: seconds until a statement is given up; 0 for never.
    """

    def __init__(
        self, conninfo: str, *, connect_timeout: int = 3, statement_timeout: float = 4.0
    ) -> None:
        self._conninfo = conninfo
        milliseconds = int(statement_timeout * 1000)
        self._arguments: dict[str, Any] = {
            "connect_timeout": connect_timeout,
            "application_name": "rentomatic",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": milliseconds + 1000 if milliseconds else 60_000,
            # A prepared statement's generic plan would not know which filters are selective.
            "options": " ".join(
                f"-c {setting}"
                for setting in (
                    "plan_cache_mode=force_custom_plan",
                    f"statement_timeout={milliseconds}",
                    f"idle_in_transaction_session_timeout={milliseconds and 10_000}",
                    "jit=off",
                    "timezone=UTC",
                )
            ),
        }
        self._local = threading.local()
        self._down = False

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that changes nothing; once more on a new connection if the old one was lost."""
        with self._translated():
            connection = self.get()
            try:
                return work(connection)
            except (psycopg.OperationalError, errors.FeatureNotSupported) as error:
                # 0A000: a migration changed what the prepared statement gives.
                if isinstance(error, errors.FeatureNotSupported):
                    connection.close()
                if not connection.closed:
                    raise
                return work(self.get())

    def write(self, work: Callable[[Connection], T], *, dry_run: bool = False) -> T:
        """Do work in a transaction; never twice, as a lost connection may have committed it."""
        with self.transaction(dry_run=dry_run) as connection:
            return work(connection)

    @contextmanager
    def transaction(self, *, dry_run: bool = False) -> Iterator[Connection]:
        """Hold a transaction on this thread's connection; a dry run is rolled back."""
        with self._translated():
            connection = self.get()
            with connection.transaction(force_rollback=dry_run):
                yield connection

    def get(self) -> Connection:
        """Give this thread's connection, a new one if it was closed or the server has gone."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None or connection.closed or _is_readable(connection):
            if connection is not None:
                connection.close()
            connection = psycopg.connect(self._conninfo, autocommit=True, **self._arguments)
            # One type for every integer, alone and in lists: else each size of number prepares a
            # statement of its own, and a list may be sent as the type of another one.
            connection.adapters.register_dumper(int, Int8Dumper)
            connection.adapters.register_dumper(int, Int8BinaryDumper)
            self._local.connection = connection
            self._tell_up()
        return connection

    def close(self) -> None:
        """Close this thread's connection."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn driver errors that mean "not now" into RepositoryUnavailableError; others are bugs.

        The change is logged once, not for each request that notices it.
        """
        try:
            yield
        except psycopg.Error as error:
            state = error.sqlstate or ""
            lost = isinstance(error, psycopg.OperationalError) and not state
            if not (lost or state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES):
                raise
            # libpq names host, database and user here, and never a password.
            reason = " ".join(str(error).split())
            if not self._down:
                logger.warning("the database cannot answer: %s", reason)
                self._down = True
            raise RepositoryUnavailableError(reason) from error

    def _tell_up(self) -> None:
        if self._down:
            logger.warning("the database answers again")
            self._down = False


def _is_readable(connection: Connection) -> bool:
    """Ask whether an idle connection has something to say: only that the server is leaving."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
