"""Connections to PostgreSQL: one a thread, opened when first needed, replaced when lost."""

import logging
import re
import select
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel, errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from rentomatic.config import ConfigError
from rentomatic.repository.interface import RepositoryTimeoutError, RepositoryUnavailableError

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
    errors.InsufficientPrivilege.sqlstate,
    errors.IdleInTransactionSessionTimeout.sqlstate,
    errors.LockNotAvailable.sqlstate,
    errors.DeadlockDetected.sqlstate,
    errors.SerializationFailure.sqlstate,
}
# What another connection may do: a migration changed what a prepared statement gives; the server
# became a standby, and the host's name may lead to another one now.
_CONNECTION_STATES = {
    errors.FeatureNotSupported.sqlstate,
    errors.ReadOnlySqlTransaction.sqlstate,
}


class ConnectionLostError(RepositoryUnavailableError):
    """The connection on which work was done is no more; another one may do it."""


class Connections:
    """Holds one connection for each thread.

    Args:
        conninfo: a libpq URL or connection string; what it sets goes before what is set here.
        connect_timeout: seconds until an attempt to connect is given up.
        statement_timeout: seconds until a statement is given up; 0 for never.

    Attributes:
        options: the settings of each session, as libpq takes them.

    Raises:
        ConfigError: for a URL that libpq cannot read.
    """

    def __init__(
        self, conninfo: str, *, connect_timeout: int = 3, statement_timeout: float = 4.0
    ) -> None:
        milliseconds = int(statement_timeout * 1000)
        try:
            given = conninfo_to_dict(conninfo)
        except psycopg.ProgrammingError as error:
            msg = f"the database's URL cannot be read: {reason_of(error)}"
            raise ConfigError(msg) from None
        options = {
            # A prepared statement's generic plan would not know which filters are selective.
            "plan_cache_mode": "force_custom_plan",
            # Streams are read to their end.
            "cursor_tuple_fraction": 1,
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds and 10_000,
            "jit": "off",
            # To start workers takes longer than most searches.
            "max_parallel_workers_per_gather": 0,
            "timezone": "UTC",
        }
        spelt = " ".join(f"-c {name}={value}" for name, value in options.items())
        self.options = f"{spelt} {given.get('options') or ''}"
        self._arguments: dict[str, Any] = {
            "connect_timeout": connect_timeout,
            "application_name": "rentomatic",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": milliseconds + 1000 if milliseconds else 60_000,
            **given,
            "options": self.options,
        }
        self._local = threading.local()
        self._down = False

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that changes nothing; once more if its connection was lost."""

        def attempt() -> T:
            with self._translated():
                return work(self.get())

        return self.retried(attempt)

    def retried(self, work: Callable[[], T]) -> T:
        """Do work that changes nothing and gets its connection here; once more if that was lost."""
        try:
            return work()
        except ConnectionLostError:
            return work()

    def write(self, work: Callable[[Connection], T], *, dry_run: bool = False) -> T:
        """Do work in a transaction; never twice, as a lost connection may have committed it."""
        with self.transaction(dry_run=dry_run) as connection:
            return work(connection)

    @contextmanager
    def transaction(
        self, *, dry_run: bool = False, is_snapshot: bool = False
    ) -> Iterator[Connection]:
        """Hold a transaction on this thread's connection.

        A dry run is rolled back. All statements of a snapshot see the same moment.
        """
        with self._translated():
            connection = self.get()
            connection.isolation_level = IsolationLevel.REPEATABLE_READ if is_snapshot else None
            with connection.transaction(force_rollback=dry_run):
                yield connection

    def get(self) -> Connection:
        """Give this thread's connection, a new one if it was closed or the server has gone."""
        connection = self._held()
        if connection and (connection.closed or _is_readable(connection)):
            self.close()
            connection = None
        if connection is None:
            connection = psycopg.connect(autocommit=True, **self._arguments)
            # One type for every integer, alone and in lists: else each size of number prepares a
            # statement of its own, and a list may be sent as the type of another one.
            connection.adapters.register_dumper(int, Int8Dumper)
            connection.adapters.register_dumper(int, Int8BinaryDumper)
            self._local.connection = connection
            self._local.cursor = connection.cursor(binary=True)
            if self._down:
                logger.warning("the database answers again")
                self._down = False
        return connection

    def execute(self, text: bytes, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a prepared statement on this thread's connection, within `read`; give its rows.

        One cursor serves all of them: to make one takes as long as a short statement.
        """
        cursor: psycopg.Cursor[tuple[Any, ...]] = self._local.cursor
        return cursor.execute(text, parameters, prepare=True).fetchall()

    def close(self) -> None:
        """Close this thread's connection."""
        if connection := self._held():
            connection.close()
            self._local.connection = None

    def _held(self) -> Connection | None:
        return getattr(self._local, "connection", None)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn driver errors that mean "not now" into RepositoryUnavailableError; others are bugs.

        That the database has gone is logged once, not for each request that notices it.
        """
        try:
            yield
        except psycopg.Error as error:
            state = error.sqlstate or ""
            connection = self._held()
            if connection and state in _CONNECTION_STATES:
                connection.close()
            lost = connection is None or connection.closed
            if not (lost or state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES):
                raise
            reason = reason_of(error)
            if not (lost and self._down):
                logger.warning("the database cannot answer: %s", reason)
            self._down = self._down or lost
            if isinstance(error, errors.QueryCanceled):
                raise RepositoryTimeoutError(reason) from error
            kind = ConnectionLostError if connection and lost else RepositoryUnavailableError
            raise kind(reason) from error


def reason_of(error: psycopg.Error) -> str:
    """Tell a driver's error in one line, without the URL that libpq quotes if it cannot read it.

    It names host, database and user otherwise, and never a password.
    """
    return re.sub(r',? in URI.*|"[^"]*://.*', "", " ".join(str(error).split()))


def _is_readable(connection: Connection) -> bool:
    """Ask whether an idle connection has something to say: only that the server is leaving."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
