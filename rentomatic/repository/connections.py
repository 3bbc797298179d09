"""Connections to PostgreSQL: one a thread, opened when first needed, replaced when lost."""

import logging
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel, errors
from psycopg.pq import TransactionStatus

from rentomatic.repository.connection import Connection, NoAnswerError
from rentomatic.repository.interface import (
    CommitInterruptedError,
    RepositoryTimeoutError,
    RepositoryUnavailableError,
    RepositoryUnfitError,
)
from rentomatic.repository.opener import Opener
from rentomatic.repository.outage import Outage
from rentomatic.repository.refusals import reason_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

# The trigger that notes changes asks for it.
_ACT_AS = "select set_config('rentomatic.actor', %s, true)"

# A command's statements may take any time, whatever the role says of statements.
_WITHOUT_LIMITS = (
    "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0"
)

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
# became a standby, and the host's name may lead to another one now; a pooler has given the session
# to somebody else.
_CONNECTION_STATES = {
    errors.FeatureNotSupported.sqlstate,
    errors.ReadOnlySqlTransaction.sqlstate,
    errors.InvalidSqlStatementName.sqlstate,
}


class ConnectionLostError(RepositoryUnavailableError):
    """The connection on which work was done is no more; another one may do it."""


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
        self._opener = Opener(
            conninfo,
            connect_timeout=connect_timeout,
            statement_timeout=statement_timeout,
            changes_kept=changes_kept,
        )
        self.options = self._opener.wanted.options
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
        if self._opener.patience:
            self._local.deadline = time.monotonic() + self._opener.patience
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
            with _committing(connection, dry_run=dry_run):
                self._local.in_transaction = True
                try:
                    if is_outermost and self._opener.patience is None:
                        connection.execute(_WITHOUT_LIMITS)
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
            if self._opener.refusal:
                raise RepositoryUnfitError(self._opener.refusal)
            msg = "the database is known to be away"
            raise RepositoryUnavailableError(msg)
        try:
            connection = self._opener.open()
        except RepositoryUnfitError as error:
            self._outage.begin(str(error))
            raise
        self._local.connection = connection
        self._local.cursor = connection.cursor(binary=True)
        self._local.silences = self._silences
        self._on_change(1)
        return connection

    def _probe(self) -> bool:
        """Tell whether the server lets us in, and its sessions may be used."""
        try:
            self._opener.open().close()
        except (psycopg.Error, RepositoryUnfitError):
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
                self._opener.distrust()
            lost = connection is None or connection.closed
            if not (lost or state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES):
                raise
            reason = reason_of(error)
            is_silent = isinstance(error, NoAnswerError)
            if is_silent:
                self._silences += 1
            if is_silent or connection is None:
                self._opener.refusal = ""
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


def _is_readable(connection: Connection) -> bool:
    """Ask whether an idle connection has something to say: only that the server is leaving."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def _committing(connection: Connection, *, dry_run: bool) -> Iterator[None]:
    """Hold a transaction; raises CommitInterruptedError for Ctrl-C while it is committed."""
    is_ending = False
    try:
        with connection.transaction(force_rollback=dry_run):
            yield
            is_ending = not dry_run
    except KeyboardInterrupt:
        if is_ending:
            raise CommitInterruptedError from None
        raise
