"""The changes of rooms that PostgreSQL's triggers record."""

from collections.abc import Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.domain.room_change import ChangeKind, RoomChange
from rentomatic.repository.connections import Connections
from rentomatic.repository.interface import (
    ChangePage,
    ChangesGoneError,
    RepositoryStandbyError,
)
from rentomatic.repository.statement import load
from rentomatic.requests.room_changes import RoomChangesRequest, Start
from rentomatic.requests.room_changes_cursor import ChangePosition

_VALUES = attrgetter(*Room.__slots__)
_BEFORE_ALL = {"epoch": None, "xid": "0", "id": 0, "made_at": datetime.fromtimestamp(0, UTC)}


class PostgresChanges:
    """Reads the table `room_change`; safe to share between threads."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._changes = load("room_changes", {*_BEFORE_ALL, "limit"})

    def read(self, request: RoomChangesRequest) -> ChangePage:
        """Return the changes after a position, in a consistent snapshot."""
        limit = 0 if request.since is Start.NOW else request.limit + 1
        parameters = {**_place(request.since), "limit": limit}

        text = self._changes.text()
        rows = self._connections.read(lambda connection: connection.named(text, parameters))
        return _page(request, rows)


def _place(since: ChangePosition | Start) -> Mapping[str, object]:
    if isinstance(since, Start):
        return _BEFORE_ALL
    return {
        "epoch": since.epoch,
        "xid": str(since.transaction),
        "id": since.number,
        "made_at": since.made_at,
    }


def _page(request: RoomChangesRequest, rows: list[Any]) -> ChangePage:
    first = rows[0]
    epoch: UUID | None = first.epoch
    if epoch is None:
        raise RepositoryStandbyError("a standby cannot serve changes")
    if isinstance(request.since, ChangePosition) and not first.is_known:
        raise ChangesGoneError("changes since that position may be missing")
    found = [] if first.kind is None else rows
    shown = found[: request.limit]
    if shown:
        last = shown[-1]
        end = ChangePosition(epoch, last.transaction, last.number, last.made_at)
    elif isinstance(request.since, ChangePosition):
        end = request.since
    else:
        end = ChangePosition(epoch, first.last_transaction, first.last_number, first.last_made_at)
    return ChangePage(tuple(map(_change, shown)), end, is_last=len(found) == len(shown))


def _change(row: Any) -> RoomChange:  # noqa: ANN401 - a named tuple of the cursor's
    kind = ChangeKind(row.kind)
    room = None if kind is ChangeKind.REMOVED else Room.trusted(_VALUES(row))
    return RoomChange(kind, row.made_at, row.made_by, row.code, room)
