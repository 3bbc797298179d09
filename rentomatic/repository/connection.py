"""A connection to PostgreSQL: its waits are limited, its statements have names of their own."""

import math
import select
import time
from collections.abc import Callable, Mapping, Sequence
from secrets import token_hex
from typing import Any

import psycopg
from psycopg import errors
from psycopg._preparing import Key, Prepare, PrepareManager
from psycopg._queries import PostgresQuery
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import namedtuple_row
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from rentomatic.repository.plans import CUSTOM_PLANS, GENERIC_PLANS
from rentomatic.repository.prepared import PreparedCalls

NOTHING: Mapping[str, object] = {}

# How long a server may be silent before it is asked whether it is frozen, if another can answer.
DOUBT_SECONDS = 0.5

_CAN_CLOSE = psycopg.capabilities.has_send_close_prepared()

_SET_ALL = ", ".join(f"set_config('{name}', %({name})s, false)" for name in CUSTOM_PLANS)
_SET_PLANS = f"select {_SET_ALL}".encode()

# Changing the settings takes as long as planning: it must not be done for each statement.
_STATEMENTS_BEFORE_CHANGE = 10


class NoAnswerError(psycopg.OperationalError):
    """The server accepted a statement but did not answer, not even with its own timeout."""


class CommitUnansweredError(psycopg.OperationalError):
    """The server has not answered a COMMIT in time; the connection still waits for the answer."""


class _StillWaiting(Exception):  # noqa: N818 - not an error
    """The server has been silent for a while; the wait can be continued."""


class Statements(PrepareManager):
    """The prepared statements of a connection, under names that no other connection uses.

    psycopg names them `_pg3_0`, `_pg3_1` and so on, on each connection. Behind a pooler that does
    not track them, one connection could run another's DELETE; unique names cause an error instead.
    """

    def __init__(self, prefix: str = "") -> None:
        super().__init__()
        self._prefix = (prefix or f"rentomatic_{token_hex(8)}_").encode()

    def get(self, query: PostgresQuery, prepare: bool | None = None) -> tuple[Prepare, bytes]:  # noqa: FBT001 - psycopg's signature
        """Return whether to prepare a query, and the name of its statement."""
        kind, name = super().get(query, prepare)
        return kind, name.replace(b"_pg3_", self._prefix)

    def validate(self, key: Key, prep: Prepare, name: bytes, results: Sequence[PGresult]) -> None:
        """Forget a statement whose first execution failed, and let the server forget it too."""
        super().validate(key, prep, name, results)
        # Without libpq 17 this would be a DEALLOCATE, which fails where PREPARE failed.
        if prep is Prepare.SHOULD and key not in self._names and _CAN_CLOSE:
            self._to_flush.append(name)

    def _should_discard(self, *_arguments: object, **_options: object) -> bool:
        """Keep all statements after a ROLLBACK: a pooler may not track DEALLOCATE ALL."""
        return False


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection of one thread, whose waits are limited: a frozen server never answers.

    Attributes:
        patience: the most seconds that a wait may take; None for no limit.
        server: the one of its URL that it was opened to, in libpq's parameters.
        deadline: the `time.monotonic()` time by which all waits must end, if they are limited.
        is_alive: says whether a server that has been silent for DOUBT_SECONDS still accepts
            connections; None to wait for it in any case.
        silences: how often the server had stopped answering before this was opened.
        measure_at: when to measure again how far a replica is behind; by time.monotonic().
        owns_session: whether its settings may be changed: no pooler shares them.
        is_committing: whether a write is being committed.
        is_unreplicated: whether the last write was committed without its standby, because someone
            has cancelled the wait for that.
        arrivals: polls for what the server has sent.
    """

    patience: float | None = None
    server: Mapping[str, str]
    deadline = math.inf
    is_alive: Callable[[], bool] | None = None
    silences = 0
    measure_at = 0.0
    owns_session = False
    is_committing = False
    is_unreplicated = False
    _plans_once = False
    _waiting = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - psycopg's
        super().__init__(*arguments, **options)
        self._prepared = Statements()
        # One type for all integers, in lists too. Otherwise each size of number prepares its own
        # statement, and a list may be sent with the type of another one.
        self.adapters.register_dumper(int, Int8Dumper)
        self.adapters.register_dumper(int, Int8BinaryDumper)
        # One cursor for all statements: creating one takes as long as a short statement.
        self._own_cursor = self.cursor(binary=True)
        self._calls = PreparedCalls(self, self._prepared)
        self.arrivals = select.poll()
        self.arrivals.register(self.pgconn.socket, select.POLLIN)
        self.add_notice_handler(self._take_notice)

    def run(
        self,
        text: str | bytes,
        parameters: Mapping[str, object] = NOTHING,
        *,
        plan_once: bool = False,
    ) -> list[tuple[Any, ...]]:
        """Run a prepared statement; return its rows, if it returns any.

        Args:
            text: with psycopg's placeholders.
            parameters: their values.
            plan_once: whether a generic plan is good for all values (rentomatic.repository.plans).
        """
        # Without parameters there is only one plan.
        if parameters and plan_once is not self._plans_once:
            self.plan(once=plan_once)
        rows = self._calls.run(text, parameters)
        if rows is not None:
            return rows
        # Otherwise only the next success would remove what failed.
        self.wait(self._prepared.maintain_gen(self))
        cursor = self._own_cursor.execute(text, parameters, prepare=True)
        return cursor.fetchall() if cursor.description else []

    def named(self, text: str | bytes, parameters: Mapping[str, object] = NOTHING) -> list[Any]:
        """Run a prepared statement; return its rows as named tuples."""
        self.plan()
        cursor = self.cursor(binary=True, row_factory=namedtuple_row)
        return cursor.execute(text, parameters, prepare=True).fetchall()

    def plan(self, *, once: bool = False) -> None:
        """Let the server plan the following statements once, or for the values of each execution.

        Planning once takes effect only after several statements wanted it. No transaction begins
        in that state or enters it: a rollback would undo the settings.
        """
        if once is self._plans_once or not self.owns_session:
            return
        if once:
            self._waiting += 1
            is_idle = self.pgconn.transaction_status == TransactionStatus.IDLE
            if self._waiting <= _STATEMENTS_BEFORE_CHANGE or not is_idle:
                return
        settings = GENERIC_PLANS if once else CUSTOM_PLANS
        self._own_cursor.execute(_SET_PLANS, settings, prepare=True)
        self._plans_once = once
        self._waiting = 0

    def _take_notice(self, notice: errors.Diagnostic) -> None:
        # COMMIT then succeeds, with no other warning than this.
        if self.is_committing and notice.severity_nonlocalized == "WARNING":
            self.is_unreplicated = True

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server, but close the connection at the deadline, or if it is frozen.

        Raises:
            NoAnswerError: when it does.
            CommitUnansweredError: at the deadline of a COMMIT; the connection stays open.
        """
        if timeout is None and self.patience is not None:
            timeout = max(0.0, min(self.patience, self.deadline - time.monotonic()))
        if timeout is None:
            return super().wait(gen, interval)
        if self.is_alive is None or timeout <= DOUBT_SECONDS:
            return self._wait_at_most(timeout, gen, interval)
        try:
            return self._wait_at_most(DOUBT_SECONDS, gen, interval, is_last=False)
        except _StillWaiting:
            left = timeout - DOUBT_SECONDS if self.is_alive() else 0.0
            return self._wait_at_most(left, gen, interval)

    def _wait_at_most(
        self, seconds: float, gen: PQGen[RV], interval: float, *, is_last: bool = True
    ) -> RV:
        began = time.monotonic()
        try:
            return super().wait(gen, interval, seconds)
        except psycopg.OperationalError:
            if self.closed or time.monotonic() < began + seconds:
                raise
            if not is_last:
                raise _StillWaiting from None
            if self.is_committing:
                raise CommitUnansweredError("the server has not answered COMMIT") from None
            self.pgconn.finish()
            raise NoAnswerError("the server accepts statements but does not answer") from None
