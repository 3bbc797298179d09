"""Selecting and sorting rooms in Python, for repositories whose server cannot do it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from heapq import nsmallest
from operator import itemgetter
from typing import Any
from uuid import UUID

from rentomatic.domain.room import FIELDS, SEARCHED, Room
from rentomatic.domain.room_summary import RoomSummary, summarize
from rentomatic.domain.words import has_words
from rentomatic.repository.results import Page, Total
from rentomatic.requests.room_conditions import AllOf, Condition, Filter
from rentomatic.requests.room_fields import BEDROOMS, COMPARISONS, DISTANCE, HISTOGRAMS
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_order import ADDED, Order, Position, ranked
from rentomatic.requests.room_selection import RoomSelection

# The number of a room in the order of insertion, and the room.
Entry = tuple[int, Room]


def passes(room: Room, selection: RoomSelection) -> bool:
    """Return whether a room is selected."""
    return (
        all(meets(room, each) for each in selection.filters)
        and (selection.condition is None or meets(room, selection.condition))
        and (selection.bbox is None or selection.bbox.contains(*room.place))
        and (selection.near is None or selection.near.reaches(*room.place))
        and (not selection.words or has_words(_text_of(room), selection.words))
    )


def meets(room: Room, condition: Condition) -> bool:
    """Return whether a room meets a condition."""
    if isinstance(condition, Filter):
        value = _compared(room, condition.field)
        return COMPARISONS[condition.operator].matches(value, condition.value)
    join = all if isinstance(condition, AllOf) else any
    return join(meets(room, part) for part in condition.parts)


def _text_of(room: Room) -> str:
    return "\n".join(getattr(room, name) or "" for name in SEARCHED)


def _compared(room: Room, field: str) -> Any:  # noqa: ANN401 - each field has its own type
    value = getattr(room, field)
    return None if value is None else FIELDS[field].kind.compared(value)


def summary_of(
    selection: RoomSelection, selected: Callable[[RoomSelection], Iterable[Room]]
) -> RoomSummary:
    """Summarize the rooms of a selection, which `selected` finds."""
    beyond = {}
    for name in HISTOGRAMS:
        rooms = selected(selection.without_filters_of(name))
        beyond[name] = [getattr(room, name) for room in rooms]
    bedrooms = beyond.pop(BEDROOMS)
    return summarize(list(selected(selection)), beyond, bedrooms)


def ordered(entries: Iterable[Entry], request: RoomListRequest) -> list[Entry]:
    """Sort the entries after the request's position: all, or as many as a page needs.

    A page needs one room more than it shows, to find out whether there is a next page.
    """
    keyed = [(_rank(_position_of(each, request), request.order), each) for each in entries]
    if request.after is not None:
        start = _rank(request.after, request.order)
        keyed = [each for each in keyed if each[0] > start]
    # An order is total, so no two keys are equal, and rooms themselves are never compared.
    if request.limit is None:
        return [entry for _, entry in sorted(keyed, key=itemgetter(0))]
    return [entry for _, entry in nsmallest(request.limit + 1, keyed, key=itemgetter(0))]


def page_of(
    found: Sequence[Entry], request: RoomListRequest, total: Total | None, version: str | None
) -> Page:
    """Make a page from the entries that `ordered` returned."""
    shown = found[: request.limit]
    following = _position_of(shown[-1], request) if len(found) > len(shown) else None
    return Page([room for _, room in shown], following, total, version)


def _position_of(entry: Entry, request: RoomListRequest) -> Position:
    place, room = entry

    def value(name: str) -> Any:  # noqa: ANN401 - each field has its own type
        if name == ADDED:
            return place
        if name == DISTANCE and request.near:
            return request.near.metres_to(*room.place)
        return ranked(name, getattr(room, name))

    return tuple(value(key.name) for key in request.order)


def _rank(position: Position, order: Order) -> tuple[tuple[bool, Any], ...]:
    """Return a sort key that respects each key's direction; missing values sort last."""
    return tuple(
        (value is None, value is not None and _signed(value, descending=key.descending))
        for key, value in zip(order, position, strict=True)
    )


def _signed(value: UUID | float | str | date, *, descending: bool) -> float | Sequence[int]:
    """Return what sorts as a value does, or the other way round; text sorts by code points."""
    if isinstance(value, str):
        # A text comes after one that begins with it, and before it in the other direction.
        return [-ord(each) for each in value] + [1] if descending else [*map(ord, value)]
    if isinstance(value, date):
        value = value.toordinal()
    number = value.int if isinstance(value, UUID) else value
    return -number if descending else number
