"""Connections to PostgreSQL: one a thread, opened when first needed, replaced when lost."""

import logging
import re
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel, errors
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from rentomatic.config import ConfigError
from rentomatic.repository.interface import RepositoryTimeoutError, RepositoryUnavailableError
from rentomatic.repository.outage import Outage

logger = logging.getLogger(__name__)

T = TypeVar("T")

# The trigger that notes changes asks for it.
_ACT_AS = "select set_config('rentomatic.actor', %s, true)"

# How much longer than a statement may take its answer is waited for.
ANSWER_SECONDS = 0.5

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
    errors.UndefinedFunction.sqlstate,
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


class Connections:
    """Holds one connection for each thread.

    While no connection can be made, work that needs one fails at once, and one thread looks for the
    database.

    Args:
        conninfo: a libpq URL or connection string; what it sets goes before what is set here.
        on_change: told of each connection that is opened (1) and closed (-1).
        connect_timeout: seconds until an attempt to connect is given up.
        statement_timeout: seconds until a statement is given up; 0 for never.
        changes_kept: days after which what these connections write removes older changes; None
            for as many as can be asked for.

    Attributes:
        options: the settings of each session, as libpq takes them.

    Raises:
        ConfigError: for a URL that libpq cannot read.
    """

    def __init__(
        self,
        conninfo: str,
        on_change: Callable[[int], None] = lambda _change: None,
        *,
        connect_timeout: int = 3,
        statement_timeout: float = 4.0,
        changes_kept: int | None = None,
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
            **({"rentomatic.changes_kept": changes_kept} if changes_kept else {}),
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
        self._patience = statement_timeout + ANSWER_SECONDS if statement_timeout else None
        self._on_change = on_change
        self._local = threading.local()
        self._outage = Outage(self._probe)
        # Connections of a time before the server fell silent are not trusted to have an end.
        self._silences = 0

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that changes nothing; once more if its connection was lost."""

        def attempt() -> T:
            with self._translated():
                return work(self.get())

        return self.retried(attempt)

    def retried(self, work: Callable[[], T]) -> T:
        """Do work that changes nothing and gets its connection here; once more if that was lost.

        Both attempts together may wait no longer than one.
        """
        if self._patience:
            self._local.deadline = time.monotonic() + self._patience
        try:
            return work()
        except ConnectionLostError:
            return work()
        finally:
            self._local.deadline = None
            if connection := self._held():
                connection.deadline = None

    def write(self, work: Callable[[Connection], T], *, dry_run: bool = False) -> T:
        """Do work in a transaction; never twice, as a lost connection may have committed it."""
        with self.transaction(dry_run=dry_run) as connection:
            return work(connection)

    @contextmanager
    def transaction(
        self, *, dry_run: bool = False, is_snapshot: bool = False
    ) -> Iterator[Connection]:
        """Hold a transaction on this thread's connection; within another, a part of that.

        A dry run is rolled back. All statements of a snapshot see the same moment.
        """
        with self._translated(is_write=not is_snapshot):
            connection = self.get()
            is_outermost = connection.info.transaction_status == TransactionStatus.IDLE
            if is_outermost:
                connection.isolation_level = IsolationLevel.REPEATABLE_READ if is_snapshot else None
            with connection.transaction(force_rollback=dry_run):
                self._local.in_transaction = True
                try:
                    if is_outermost and (actor := getattr(self._local, "actor", None)):
                        connection.execute(_ACT_AS, [actor])
                    yield connection
                finally:
                    self._local.in_transaction = not is_outermost

    @contextmanager
    def acting_as(self, actor: str) -> Iterator[None]:
        """Let what this thread changes be noted as the work of somebody (sql: room_change)."""
        self._local.actor = actor
        try:
            yield
        finally:
            self._local.actor = None

    def get(self) -> Connection:
        """Give this thread's connection, a new one if it was closed or the server has gone.

        Within a transaction it is the one that holds it, or none.
        """
        connection = self._held()
        if connection and getattr(self._local, "in_transaction", False):
            return connection
        if connection and not self._is_usable(connection):
            self._drop()
            connection = None
        connection = connection or self._connect()
        connection.deadline = getattr(self._local, "deadline", None)
        return connection

    def execute(self, text: bytes, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a prepared statement on this thread's connection, within `read`; give its rows.

        One cursor serves all of them: to make one takes as long as a short statement.
        """
        cursor: psycopg.Cursor[tuple[Any, ...]] = self._local.cursor
        return cursor.execute(text, parameters, prepare=True).fetchall()

    def close(self) -> None:
        """Close this thread's connection, and look for the database no longer."""
        self._outage.close()
        self._drop()

    def _held(self) -> Connection | None:
        return getattr(self._local, "connection", None)

    def _is_usable(self, connection: Connection) -> bool:
        is_trusted = self._local.silences == self._silences
        return is_trusted and not connection.closed and not _is_readable(connection)

    def _drop(self) -> None:
        if connection := self._held():
            connection.close()
            self._local.connection = None
            self._on_change(-1)

    def _connect(self) -> Connection:
        if self._outage.is_on:
            msg = "the database is known to be away"
            raise RepositoryUnavailableError(msg)
        connection = Connection.connect(autocommit=True, **self._arguments)
        connection.patience = self._patience
        # One type for every integer, alone and in lists: else each size of number prepares a
        # statement of its own, and a list may be sent as the type of another one.
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.adapters.register_dumper(int, Int8BinaryDumper)
        self._local.connection = connection
        self._local.cursor = connection.cursor(binary=True)
        self._local.silences = self._silences
        self._on_change(1)
        return connection

    def _probe(self) -> bool:
        """Tell whether the server lets us in."""
        try:
            Connection.connect(**self._arguments).close()
        except psycopg.Error:
            return False
        return True

    @contextmanager
    def _translated(self, *, is_write: bool = False) -> Iterator[None]:
        """Turn driver errors that mean "not now" into RepositoryUnavailableError; others are bugs.

        That the database has gone is logged once, not for each request that notices it; but for
        each write, as nobody makes it again.
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
            is_silent = isinstance(error, NoAnswerError)
            if is_silent:
                self._silences += 1
            if is_silent or connection is None:
                self._outage.begin(reason)
            elif not lost:
                logger.warning("the database refuses: %s", reason)
            elif is_write:
                logger.warning("a write lost its connection: %s", reason)
            if isinstance(error, errors.QueryCanceled):
                raise RepositoryTimeoutError(reason) from error
            is_repeatable = connection and lost and not is_silent
            raise (ConnectionLostError if is_repeatable else RepositoryUnavailableError)(
                reason
            ) from error


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
