"""The changes of rooms that PostgreSQL's triggers record."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from rentomatic.domain.room import FIELDS, Room
from rentomatic.domain.room_change import ChangeKind, RoomChange
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import ChangesGoneError, RepositoryStandbyError
from rentomatic.repository.results import ChangePage
from rentomatic.repository.statement import load
from rentomatic.requests.room_changes import RoomChangesRequest, Start
from rentomatic.requests.room_changes_cursor import ChangePosition

# Reads what PostgreSQL writes as JSON; other values have the same type there.
_FROM_JSON: Mapping[type, Callable[[Any], Any]] = {
    UUID: UUID,
    date: date.fromisoformat,
    float: float,
}
_VALUES = attrgetter(*Room.__slots__)
_BEFORE_ALL = {"epoch": None, "xid": "0", "id": 0, "made_at": datetime.fromtimestamp(0, UTC)}


class PostgresChanges:
    """Reads the table `room_change`; safe to share between threads."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._changes = load("room_changes", {*_BEFORE_ALL, "limit", "former"})

    def read(self, request: RoomChangesRequest) -> ChangePage:
        """Return the changes after a position, in a consistent snapshot."""
        return _page(request, self._rows(request), _change)

    def read_whole(self, request: RoomChangesRequest) -> ChangePage:
        """Return the same, each with what the room was before."""
        return _page(request, self._rows(request, "former"), _whole_change)

    def _rows(self, request: RoomChangesRequest, *columns: str) -> list[Any]:
        limit = 0 if request.since is Start.NOW else request.limit + 1
        parameters = {**_place(request.since), "limit": limit}
        text = self._changes.text(frozenset(columns))
        return self._connections.read(lambda connection: connection.named(text, parameters))


def _place(since: ChangePosition | Start) -> Mapping[str, object]:
    if isinstance(since, Start):
        return _BEFORE_ALL
    return {
        "epoch": since.epoch,
        "xid": str(since.transaction),
        "id": since.number,
        "made_at": since.made_at,
    }


def _page(
    request: RoomChangesRequest, rows: list[Any], read: Callable[[Any], RoomChange]
) -> ChangePage:
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
    return ChangePage(tuple(map(read, shown)), end, is_last=len(found) == len(shown))


def _change(row: Any) -> RoomChange:  # noqa: ANN401 - a named tuple of the cursor's
    kind = ChangeKind(row.kind)
    room = None if kind is ChangeKind.REMOVED else Room.trusted(_VALUES(row))
    return RoomChange(kind, row.made_at, row.made_by, row.code, room)


def _whole_change(row: Any) -> RoomChange:  # noqa: ANN401 - as above
    former = None if row.former is None else _former(row.former)
    place = {"transaction": row.transaction, "number": row.number}
    return replace(_change(row), former=former, **place)


def _former(values: Mapping[str, Any]) -> Room:
    """Read a room that was stored as JSON, without the fields that it lacked."""

    def read(name: str) -> Any:  # noqa: ANN401 - each field has its own type
        value = values.get(name)
        kind = FIELDS[name].kind.type
        return value if value is None or kind not in _FROM_JSON else _FROM_JSON[kind](value)

    return Room.trusted([read(name) for name in Room.__slots__])
