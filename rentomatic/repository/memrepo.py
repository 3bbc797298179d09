"""Rooms in memory: for embedding, trying out and testing."""

from collections.abc import Iterable
from itertools import count, islice
from threading import Lock
from uuid import UUID, uuid4

from rentomatic.domain.room import Room
from rentomatic.repository.interface import SaveSummary, Schema
from rentomatic.requests.room_fields import OPERATORS
from rentomatic.requests.room_list import Filter, RoomListRequest


class MemRepo:
    """Keeps rooms in this process, for as long as it lives; safe to share between threads."""

    def __init__(self, rooms: Iterable[Room] = ()) -> None:
        self._lock = Lock()
        self._name = uuid4().hex
        self._writes = count(1)
        self._version = f"{self._name}-0"
        self._rooms: dict[UUID, Room] = {}
        self.save(rooms)

    def search(self, request: RoomListRequest) -> Iterable[Room]:
        """Find rooms; the answer is not touched by later writes."""
        matching = (room for room in self._rooms.copy().values() if _passes(room, request.filters))
        return matching if request.limit is None else list(islice(matching, request.limit))

    def get(self, code: UUID) -> Room | None:
        """Find the room with this code."""
        return self._rooms.get(code)

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Add or replace rooms, all or none; other writers wait meanwhile."""
        with self._lock:
            after = self._rooms.copy()
            added = updated = unchanged = 0
            for room in rooms:
                before = after.get(room.code)
                added += before is None
                updated += before is not None and before != room
                unchanged += before == room
                after[room.code] = room
            if (added or updated) and not dry_run:
                self._commit(after)
        return SaveSummary(added, updated, unchanged)

    def remove(self, code: UUID) -> bool:
        """Remove the room with this code."""
        with self._lock:
            after = self._rooms.copy()
            removed = after.pop(code, None) is not None
            if removed:
                self._commit(after)
        return removed

    def version(self) -> str:
        """Name the present state of this repository, and of no other."""
        return self._version

    def schema(self) -> Schema:
        """Say that there is nothing to migrate."""
        return Schema()

    def _commit(self, rooms: dict[UUID, Room]) -> None:
        self._rooms = rooms
        self._version = f"{self._name}-{next(self._writes)}"


def _passes(room: Room, filters: tuple[Filter, ...]) -> bool:
    return all(
        OPERATORS[each.operator].holds(getattr(room, each.field), each.value) for each in filters
    )
