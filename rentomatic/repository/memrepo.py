"""Rooms in memory, for embedding, experiments and tests."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from heapq import nlargest
from itertools import count, islice
from operator import itemgetter
from threading import Lock
from typing import NamedTuple
from uuid import UUID, uuid4

from rentomatic.domain.room import Room
from rentomatic.domain.room_map import cells_of
from rentomatic.domain.room_times import RoomTimes
from rentomatic.repository.results import Mapped, Page, SaveSummary, Schema, Summarized, Total
from rentomatic.repository.selection import Entry, ordered, page_of, passes, summary_of
from rentomatic.requests.room_feed import LATEST_FALLS
from rentomatic.requests.room_fields import Value
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_map import RoomMapRequest
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.room_similar import RoomSimilarRequest
from rentomatic.requests.room_summary import RoomSummaryRequest


class _State(NamedTuple):
    """One state of the rooms; it is replaced as a whole, so that readers need no lock.

    Attributes:
        rooms: by code, in the order of insertion.
        version: the data version.
        times: when each room was added and changed.
    """

    rooms: dict[UUID, Entry]
    version: str
    times: Mapping[UUID, RoomTimes]


class MemRepo:
    """Stores rooms in the memory of this process; safe to share between threads."""

    def __init__(self, rooms: Iterable[Room] = ()) -> None:
        self._lock = Lock()
        self._name = uuid4().hex
        self._writes = count(1)
        self._places = count(1)
        self._state = _State({}, f"{self._name}-0", {})
        self.save(rooms)

    def search(self, request: RoomListRequest) -> Page:
        """Find rooms; later writes do not affect the result."""
        rooms, version, _ = self._state
        selected = [each for each in rooms.values() if passes(each[1], request)]
        total = Total(len(selected), is_exact=True) if request.count else None
        found = ordered(selected, request)
        if request.limit is None:
            return Page(iter([room for _, room in found]), None, total, version)
        return page_of(found, request, total, version)

    def summarize(self, request: RoomSummaryRequest) -> Summarized:
        """Summarize rooms."""
        rooms, version, _ = self._state

        def selected(selection: RoomSelection) -> Iterator[Room]:
            return (room for _, room in rooms.values() if passes(room, selection))

        return Summarized(summary_of(request, selected), version)

    def count_some(self, selection: RoomSelection, most: int) -> Total:
        """Count rooms, but no more than this many."""
        rooms = self._state.rooms
        selected = (room for _, room in rooms.values() if passes(room, selection))
        return Total(sum(1 for _ in islice(selected, most)), is_exact=True)

    def map_rooms(self, request: RoomMapRequest) -> Mapped:
        """Count rooms in the cells of a grid."""
        rooms, version, _ = self._state
        selected = (room for _, room in rooms.values() if passes(room, request))
        return Mapped(cells_of(selected, request.grid), version=version)

    def most_similar(self, request: RoomSimilarRequest, room: Room) -> None:
        """Return None: there is no index of places."""

    def times(self, codes: Collection[UUID]) -> Mapping[UUID, RoomTimes]:
        """Return when the rooms with these codes were added and changed."""
        times = self._state.times
        return {code: times[code] for code in codes if code in times}

    def fallen(self, selection: RoomSelection, limit: int) -> Sequence[Room]:
        """Find rooms whose price fell."""
        rooms, _, times = self._state
        falls = [
            (fell_at, *rooms[code])
            for code, each in times.items()
            if (fell_at := each.price_fell_at)
        ]
        latest = nlargest(LATEST_FALLS, falls, key=itemgetter(0, 1))
        return [room for *_, room in latest if passes(room, selection)][:limit]

    def get(self, code: UUID) -> Room | None:
        """Find the room with this code."""
        _, room = self._state.rooms.get(code, (None, None))
        return room

    def existing(self, codes: Collection[UUID]) -> Collection[UUID]:
        """Return which of these codes exist."""
        return self._state.rooms.keys() & codes

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Add or replace rooms, all or none; other writers wait."""
        with self._lock:
            after = self._state.rooms.copy()
            added = updated = unchanged = 0
            for each in rooms:
                place, before = after.get(each.code) or (next(self._places), None)
                room = each.completed(before)
                added += before is None
                updated += before is not None and before != room
                unchanged += before == room
                after[room.code] = (place, room)
            if (added or updated) and not dry_run:
                self._commit(after)
        return SaveSummary(added, updated, unchanged)

    def add(self, room: Room) -> bool:
        """Add a room, unless its code exists."""
        with self._lock:
            before = self._state.rooms
            if room.code in before:
                return False
            self._commit(before | {room.code: (next(self._places), room)})
        return True

    def put(self, room: Room) -> bool:
        """Add or replace a room."""
        return bool(self.save([room]).added)

    def update(
        self, code: UUID, values: Mapping[str, Value], expected: Room | None = None
    ) -> Room | None:
        """Change some fields of the room with this code."""
        with self._lock:
            place, before = self._state.rooms.get(code, (0, None))
            if before is None or expected not in {None, before}:
                return None
            room = Room.from_dict(before.to_dict() | dict(values))
            if room != before:
                self._commit(self._state.rooms | {code: (place, room)})
        return room

    def remove(self, code: UUID, expected: Room | None = None) -> bool:
        """Remove the room with this code."""
        with self._lock:
            after = self._state.rooms.copy()
            _, room = after.pop(code, (0, None))
            if room is None or expected not in {None, room}:
                return False
            self._commit(after)
        return True

    def version(self) -> str:
        """Return the data version, which no other repository shares."""
        return self._state.version

    def acting_as(self, actor: str) -> "MemRepo":
        """Return this repository: it has no history."""
        del actor
        return self

    def schema(self) -> Schema:
        """Return an empty comparison: there is nothing to migrate."""
        return Schema()

    def _commit(self, rooms: dict[UUID, Entry]) -> None:
        now = datetime.now(UTC)
        before = self._state
        times = {
            code: before.times[code].after(before.rooms[code][1], room, now)
            if code in before.times
            else RoomTimes(now, now)
            for code, (_, room) in rooms.items()
        }
        self._state = _State(rooms, f"{self._name}-{next(self._writes)}", times)
