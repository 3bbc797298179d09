"""The queue of the messages to webhooks, in PostgreSQL: only `rentomatic notify` uses it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from rentomatic.formats.notifications import Message, restart_message
from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.saved_searches import MAX_WAITING
from rentomatic.repository.statement import load
from rentomatic.requests.room_changes_cursor import ChangePosition

OVERFLOWED = f"more than {MAX_WAITING} messages waited"


class OvertakenError(Exception):
    """Another process has stored messages meanwhile."""


@dataclass(frozen=True, slots=True, eq=False)
class WatchedSearch:
    """An enabled search; each is equal to itself only.

    Attributes:
        since: the first transaction whose changes are reported, as in ChangePosition.
    """

    id: UUID
    name: str
    query: str
    since: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """The first message that waits for a search, and what sending it takes.

    Attributes:
        host: the host of the webhook.
        secret: encrypted.
        attempts: how often it was tried.
        failing_since: when the first attempt failed since the last success; None if none did.
        number: the message's place in the queue.
        message: its id.
    """

    search: UUID
    webhook: str = field(repr=False)
    host: str
    secret: str = field(repr=False)
    attempts: int
    failing_since: datetime | None
    number: int
    message: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a delivery.

    Attributes:
        outcome: for the count of outcomes.
        failure: what was wrong; None if it was delivered.
        delay: after which to try again; None for never, if it was delivered or is given up.
        disabled_reason: why the search is disabled now; None if it is not.
    """

    delivery: Delivery
    outcome: str
    failure: str | None = None
    delay: timedelta | None = None
    disabled_reason: str | None = None


class PostgresNotifications:
    """The tables `notification` and `notification_progress`; for one thread."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        place = ("epoch", "xid", "id")
        self._progress = load("notification_progress")
        self._advance = load(
            "notification_advance",
            (*place, "made_at", *(f"former_{name}" for name in place)),
        )
        self._searches = load("notification_searches")
        self._digest = load("notification_digest")
        self._lock = load("search_lock", ("owner", "ids"))
        self._add = load("notification_add", ("searches", "messages", "bodies"))
        self._overflowing = load("notification_overflowing", ("searches", "most"))
        self._clear = load("notification_clear", ("searches",))
        self._restart = load("notification_restart")
        self._due = load("notification_due", ("busy", "full_hosts", "only_new", "most"))
        self._delivered = load("notification_delivered", ("search", "number"))
        self._failed = load("notification_failed", ("search", "failure", "delay"))
        self._disable = load("notification_disable", ("search", "failure", "reason"))
        self._count = load("notification_count", ("outcome", "count"))

    def progress(self) -> ChangePosition | None:
        """Return the last change whose messages are stored; None before the first."""
        rows = self._read(self._progress.text())
        return ChangePosition(*rows[0]) if rows else None

    def digest(self) -> tuple[int, int]:
        """Identify which searches are enabled, and since when."""
        ((count, digest),) = self._read(self._digest.text())
        return count, digest

    def searches(self) -> list[WatchedSearch]:
        """Return the enabled searches."""
        return [WatchedSearch(*row) for row in self._read(self._searches.text())]

    def record(
        self, former: ChangePosition | None, position: ChangePosition, messages: Sequence[Message]
    ) -> None:
        """Queue the messages of the changes up to a position, in one transaction.

        Args:
            former: the position until now.
            position: the last of these changes.
            messages: in order; those of searches that have been removed or disabled are left out.

        Raises:
            OvertakenError: if the position is not the former one.
        """
        with self._connections.transaction() as connection:
            self._move(connection, former, position)
            self._queue(connection, messages)

    def restart(self, former: ChangePosition | None, position: ChangePosition, reason: str) -> int:
        """Let all enabled searches start again from a position; return how many there are.

        Raises:
            OvertakenError: as above.
        """
        with self._connections.transaction() as connection:
            self._move(connection, former, position)
            connection.run(self._restart.text())
            found = [WatchedSearch(*row) for row in connection.run(self._searches.text())]
            self._replace(
                connection, [restart_message(each.id, each.name, reason) for each in found]
            )
            return len(found)

    def _move(
        self, connection: Connection, former: ChangePosition | None, position: ChangePosition
    ) -> None:
        values = {
            "epoch": position.epoch,
            "xid": str(position.transaction),
            "id": position.number,
            "made_at": position.made_at,
            "former_epoch": former and former.epoch,
            "former_xid": former and str(former.transaction),
            "former_id": former and former.number,
        }
        if not connection.run(self._advance.text(), values):
            raise OvertakenError

    def _queue(self, connection: Connection, messages: Sequence[Message]) -> None:
        if not messages:
            return
        names = self._locked(connection, {each.search for each in messages})
        kept = [each for each in messages if each.search in names]
        self._insert(connection, kept)
        values = {"searches": list(names), "most": MAX_WAITING}
        full = [search for (search,) in connection.run(self._overflowing.text(), values)]
        if full:
            self._replace(
                connection, [restart_message(each, names[each], OVERFLOWED) for each in full]
            )

    def _locked(self, connection: Connection, searches: Collection[UUID]) -> dict[UUID, str]:
        """Lock those searches that are still enabled; return their names."""
        rows = connection.run(self._lock.text(), {"ids": list(searches)})
        return {search: name for search, name, disabled_reason in rows if disabled_reason is None}

    def _replace(self, connection: Connection, messages: Sequence[Message]) -> None:
        """Remove what waits for the searches of these messages, and queue these."""
        names = self._locked(connection, {each.search for each in messages})
        connection.run(self._clear.text(), {"searches": list(names)})
        self._insert(connection, [each for each in messages if each.search in names])

    def _insert(self, connection: Connection, messages: Sequence[Message]) -> None:
        values = {
            "searches": [each.search for each in messages],
            "messages": [each.id for each in messages],
            "bodies": [each.body for each in messages],
        }
        connection.run(self._add.text(), values)

    def due(
        self, busy: Collection[UUID], full_hosts: Collection[str], most: int, *, only_new: bool
    ) -> list[Delivery]:
        """Return the first message of searches whose turn it is.

        Args:
            busy: searches to leave out.
            full_hosts: hosts to leave out.
            most: the largest number.
            only_new: whether to leave out searches that are failing.
        """
        text = self._due.text(frozenset({"only_new"} if only_new else ()))
        values = {"busy": list(busy), "full_hosts": list(full_hosts), "most": most}
        rows = self._connections.read(lambda connection: connection.run(text, values))
        return [Delivery(*row) for row in rows]

    def remember(self, results: Sequence[Result]) -> None:
        """Remember what came of deliveries, in one transaction."""
        with self._connections.transaction() as connection:
            found = self._locked(connection, {each.delivery.search for each in results})
            for each in results:
                if each.delivery.search in found:
                    self._settle(connection, each)
            for outcome, count in sorted(Counter(each.outcome for each in results).items()):
                connection.run(self._count.text(), {"outcome": outcome, "count": count})

    def _settle(self, connection: Connection, result: Result) -> None:
        search, failure = {"search": result.delivery.search}, {"failure": result.failure}
        if result.disabled_reason is not None:
            values = {**search, **failure, "reason": result.disabled_reason}
            connection.run(self._disable.text(), values)
        elif result.delay is not None:
            connection.run(self._failed.text(), {**search, **failure, "delay": result.delay})
        else:
            connection.run(self._delivered.text(), {**search, "number": result.delivery.number})

    def _read(self, text: bytes) -> list[tuple[Any, ...]]:
        return self._connections.read(lambda connection: connection.run(text))
