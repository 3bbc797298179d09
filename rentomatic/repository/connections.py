"""Connections to PostgreSQL: one per thread, opened when first needed, replaced when lost."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import NoReturn, TypeVar

import psycopg
from psycopg import IsolationLevel, errors
from psycopg.pq import PipelineStatus, TransactionStatus

from rentomatic.repository.commits import Commits
from rentomatic.repository.connection import CommitUnansweredError, Connection, NoAnswerError
from rentomatic.repository.errors import (
    CommitInterruptedError,
    RepositoryStandbyError,
    RepositoryTimeoutError,
    RepositoryUnavailableError,
    RepositoryUncertainError,
    RepositoryUnfitError,
)
from rentomatic.repository.opener import Opener
from rentomatic.repository.outage import DATABASE, Label, Outage, report_read_only
from rentomatic.repository.refusals import reason_of
from rentomatic.repository.standby import why_read_only
from rentomatic.repository.transactions import Head, Streaming, streamed
from rentomatic.slots import Turns

logger = logging.getLogger(__name__)

T = TypeVar("T")

# The trigger that records changes reads it.
_ACT_AS = "select set_config('rentomatic.actor', %s, true)"

# A command's statements may take any time, whatever timeouts the role has.
_WITHOUT_LIMITS = (
    "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0"
)

# SQLSTATE classes and conditions that say that the database cannot answer now, although the
# statement is correct (PostgreSQL manual, appendix A).
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
# Errors that a new connection may avoid: a migration changed the result of a prepared statement; a
# pooler gave the session to another client.
_CONNECTION_STATES = {
    errors.FeatureNotSupported.sqlstate,
    errors.InvalidSqlStatementName.sqlstate,
}


class ConnectionLostError(RepositoryUnavailableError):
    """The connection was lost during the work; it may succeed on another one."""


class Connections:
    """Holds one connection per thread.

    While the database is down, work fails at once, and one thread probes the database.

    Args:
        conninfo: a libpq URL or connection string; its settings override the ones set here.
        on_change: called with 1 for each connection that is opened, and -1 for each that is closed.
        statement_timeout: seconds after which a statement is cancelled; 0 for never.
        changes_kept: days; writes on these connections remove older changes. None for the longest
            period that can be configured.
        writes: how many writes there may be at a time; None for no limit.
        on_unconfirmed: called with 1 for each write whose COMMIT the server does not answer in
            time, and -1 when it has.
        label: what the log calls the database.

    Attributes:
        options: the settings of each session, in libpq's format.

    Raises:
        ConfigError: for a URL that libpq cannot parse.
    """

    def __init__(  # noqa: PLR0913 - one for each setting
        self,
        conninfo: str,
        on_change: Callable[[int], None] = lambda _change: None,
        *,
        statement_timeout: float = 4.0,
        changes_kept: int | None = None,
        writes: Turns | None = None,
        on_unconfirmed: Callable[[int], None] = lambda _change: None,
        label: Label = DATABASE,
    ) -> None:
        self._opener = Opener(
            conninfo, statement_timeout=statement_timeout, changes_kept=changes_kept
        )
        self.options = self._opener.wanted.options
        self._on_change = on_change
        self._local = _Local()
        self._name = label.name
        probes = (partial(self._opener.probe, each) for each in self._opener.servers)
        self._outage = Outage(*probes, label=label)
        self._commits = Commits(writes, on_unconfirmed, self._opener.reopen, self._fall_silent)
        # Connections that were opened before the server stopped answering are discarded.
        self._silences = 0

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do read-only work; retry once if its connection was lost."""

        def attempt(deadline: float) -> T:
            try:
                return work(self._usable(deadline))
            except psycopg.Error as error:
                self._raise_unavailable(error)
                raise

        return self._retried(attempt)

    def stream(self, work: Callable[[Connection], Streaming[Head, T]]) -> tuple[Head, Iterator[T]]:
        """Do read-only work in a snapshot; retry once if its connection is lost at first."""
        return self._retried(
            lambda deadline: streamed(self.transaction(is_snapshot=True, deadline=deadline), work)
        )

    def write(
        self, work: Callable[[Connection], T], *, dry_run: bool = False, actor: str | None = None
    ) -> T:
        """Do work in a transaction; never retry, because a lost connection may have committed."""
        with self.transaction(dry_run=dry_run, actor=actor) as connection:
            return work(connection)

    @contextmanager
    def transaction(
        self,
        *,
        dry_run: bool = False,
        is_snapshot: bool = False,
        actor: str | None = None,
        deadline: float = math.inf,
    ) -> Iterator[Connection]:
        """Open a transaction on this thread's connection, or a savepoint inside an open one.

        Args:
            dry_run: roll it back at the end.
            is_snapshot: let all statements see the same snapshot.
            actor: who makes its changes, for the history.
            deadline: the `time.monotonic()` time by which the server must answer.
        """
        is_write = not (is_snapshot or dry_run)
        with ExitStack() as turn:
            try:
                connection = self._usable(deadline)
                is_outermost = connection.info.transaction_status == TransactionStatus.IDLE
                if is_outermost:
                    if is_write:
                        turn.enter_context(self._commits.turn())
                    connection.plan()
                    isolation = IsolationLevel.REPEATABLE_READ if is_snapshot else None
                    connection.isolation_level = isolation
                with _committing(connection, is_write=is_write, dry_run=dry_run):
                    if is_outermost and self._opener.patience is None:
                        connection.execute(_WITHOUT_LIMITS)
                    if actor is not None:
                        connection.execute(_ACT_AS, [actor])
                    yield connection
            except CommitUnansweredError as error:
                self._give_away(turn.pop_all())
                raise RepositoryUncertainError(str(error)) from error
            except psycopg.Error as error:
                self._raise_unavailable(error, is_write=is_write)
                raise

    @property
    def is_away(self) -> bool:
        """Whether the server is known to be down."""
        return self._outage.is_on

    def close(self) -> None:
        """Close this thread's connection, and stop probing the database."""
        self._outage.close()
        self._commits.close()
        self.leave()

    def leave(self) -> None:
        """Close this thread's connection; the thread's next work opens another."""
        if connection := self._local.connection:
            connection.close()
            self._local.connection = None
            self._on_change(-1)

    def _retried(self, attempt: Callable[[float], T]) -> T:
        """Retry once if the connection is lost; both attempts share one deadline."""
        patience = self._opener.patience
        deadline = time.monotonic() + patience if patience else math.inf
        try:
            return attempt(deadline)
        except ConnectionLostError:
            return attempt(deadline)
        finally:
            if connection := self._local.connection:
                connection.deadline = math.inf

    def _usable(self, deadline: float) -> Connection:
        """Return this thread's connection, or a new one if that is not usable."""
        connection = self._local.connection
        if connection and not self._is_usable(connection):
            self.leave()
            connection = None
        connection = connection or self._open()
        connection.deadline = deadline
        connection.is_committing = connection.is_unreplicated = False
        return connection

    def _is_usable(self, connection: Connection) -> bool:
        if connection.closed or connection.silences != self._silences:
            return False
        pgconn = connection.pgconn
        if pgconn.transaction_status != TransactionStatus.IDLE:
            # A stream that is closed early on a lost connection leaves its pipeline aborted.
            return pgconn.pipeline_status != PipelineStatus.ABORTED
        # Only a closing server sends something to an idle connection.
        return not (self._opener.has_moved(connection) or connection.arrivals.poll(0))

    def _give_away(self, turn: ExitStack) -> None:
        """Leave this thread's connection to wait for the answer to its COMMIT."""
        connection = self._local.connection
        assert connection is not None
        self._local.connection = None
        turn.callback(self._on_change, -1)
        self._commits.keep(connection, turn, lambda: self._is_left(connection))

    def _is_left(self, connection: Connection) -> bool:
        """Return whether the server of a connection has fallen silent, or is no longer in use."""
        return connection.silences != self._silences or self._opener.has_moved(connection)

    def _fall_silent(self, connection: Connection, reason: str) -> None:
        """Note that the server of a connection has stopped answering, if it is still in use."""
        if self._opener.has_moved(connection):
            return
        self._silences += 1
        self._opener.forget()
        self._outage.begin(reason)

    def _open(self) -> Connection:
        if self._outage.is_on:
            refusal = self._opener.refusal()
            if isinstance(refusal, (RepositoryUnfitError, RepositoryStandbyError)):
                raise refusal
            raise RepositoryUnavailableError(f"{self._name} is known to be down: {refusal}")
        silences = self._silences
        try:
            connection = self._opener.open()
        except RepositoryUnavailableError as error:
            self._outage.begin(str(error))
            raise
        self._inspect(connection)
        connection.silences = silences
        self._local.connection = connection
        self._on_change(1)
        return connection

    def _inspect(self, connection: Connection) -> None:
        """Report what a new connection shows about its server."""
        report_read_only(why_read_only(connection))

    def _raise_unavailable(self, error: psycopg.Error, *, is_write: bool = False) -> None:
        """Raise RepositoryUnavailableError if a driver error means "not now"; others are bugs.

        An outage is logged once, not for each request that notices it, but each lost write is
        logged, because writes are not retried.
        """
        state = error.sqlstate or ""
        connection = self._local.connection
        if connection and state == errors.ReadOnlySqlTransaction.sqlstate:
            self._refuse_write(connection, error)
        if connection and state in _CONNECTION_STATES:
            connection.close()
            self._opener.distrust()
        lost = connection is None or connection.closed
        if not (lost or state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES):
            return
        reason = reason_of(error)
        is_silent = isinstance(error, NoAnswerError)
        if is_silent and connection:
            self._fall_silent(connection, reason)
        elif connection is None:
            self._opener.forget()
            self._outage.begin(reason)
        elif not lost:
            logger.warning("%s refuses: %s", self._name, reason)
        elif is_write:
            outcome = "may have been made" if connection.is_committing else "was not made"
            logger.warning("a write lost its connection: %s; it %s", reason, outcome)
        if connection and lost and connection.is_committing:
            raise RepositoryUncertainError(reason) from error
        if isinstance(error, errors.QueryCanceled):
            raise RepositoryTimeoutError(reason) from error
        is_repeatable = connection and lost and not is_silent
        raise (ConnectionLostError if is_repeatable else RepositoryUnavailableError)(
            reason
        ) from error

    def _refuse_write(self, connection: Connection, error: psycopg.Error) -> NoReturn:
        """Say that the server accepts no writes; the next connection may be to the primary."""
        reason = why_read_only(connection) or reason_of(error)
        connection.close()
        self._opener.distrust()
        logger.warning("a write is refused: %s", reason)
        raise RepositoryStandbyError(reason) from error


class _Local(threading.local):
    """The state of a thread."""

    connection: Connection | None = None


@contextmanager
def _committing(connection: Connection, *, is_write: bool, dry_run: bool) -> Iterator[None]:
    """Open a transaction; raise CommitInterruptedError for Ctrl-C during its commit."""
    try:
        with connection.transaction(force_rollback=dry_run):
            yield
            connection.is_committing = is_write
        connection.is_committing = False
        if connection.is_unreplicated:
            raise RepositoryUncertainError("the wait for a standby was cancelled")
    except KeyboardInterrupt:
        if connection.is_committing:
            raise CommitInterruptedError from None
        raise
