"""The request for a search of rooms."""

from collections.abc import Sequence
from dataclasses import dataclass

from rentomatic.domain.room import FIELDS
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.parsers import (
    ListText,
    as_list_text,
    closest,
    parse_integer,
    shown,
    shown_name,
)
from rentomatic.requests.room_conditions import Condition
from rentomatic.requests.room_cursor import read_cursor
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_order import (
    BY_ADDING,
    Order,
    Position,
    UnknownKeyError,
    parse_sort,
)
from rentomatic.requests.room_selection import NEAR_FORM, RoomSelection, SelectionReader

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
UNLIMITED = "none"
EXACT = "exact"
ESTIMATE = "estimate"
COUNTS = (EXACT, ESTIMATE)
ALL_FIELDS = tuple(FIELDS)


@dataclass(frozen=True, slots=True)
class RoomListRequest(RoomSelection):
    """A search.

    Attributes:
        limit: the largest number of rooms; None for all.
        order: their order, which is total.
        after: the position in that order after which to begin.
        count: how to count all selected rooms, one of COUNTS; None for not at all.
        fields: the fields to return, in the order in which they are shown.
    """

    limit: int | None = DEFAULT_LIMIT
    order: Order = BY_ADDING
    after: Position | None = None
    count: str | None = None
    fields: tuple[str, ...] = ALL_FIELDS


def build_room_list_request(  # noqa: PLR0913 - each is a parameter of the contract
    filters: object = None,
    limit: str | int = DEFAULT_LIMIT,
    *,
    bbox: ListText | None = None,
    near: ListText | None = None,
    q: str | None = None,
    filter: str | Condition | None = None,  # noqa: A002 - as the parameter is called
    radius: str | float | None = None,
    radius_min: str | float | None = None,
    sort: ListText | None = None,
    after: str | None = None,
    count: str | None = None,
    fields: ListText | None = None,
) -> RoomListRequest | InvalidRequest:
    """Read a search; None means that a parameter is not given.

    `requests/parameters.py` says what they mean. Lists and numbers can be given as values, or as
    text like everything else; `filters` is a mapping of operands by `field__operator`.
    """
    reader = ListReader()
    selection = reader.selection(filters, bbox, near, radius, radius_min, q, filter)
    is_near = near is not None
    known = (*FIELDS, DISTANCE) if is_near else ALL_FIELDS
    order = BY_ADDING if sort is None else reader.order(as_list_text(sort), is_near=is_near)
    request = RoomListRequest(
        *selection.conditions,
        limit=reader.limit(str(limit)),
        order=order,
        # No cursor belongs to a search that is invalid.
        after=None if after is None or reader.errors else reader.after(after, selection, order),
        count=None if count is None else reader.count(count),
        fields=known if fields is None else reader.fields(as_list_text(fields), known),
    )
    return InvalidRequest(tuple(reader.errors)) if reader.errors else request


class ListReader(SelectionReader):
    """Reads what a search has besides its selection."""

    def limit(self, text: str) -> int | None:
        """Read how many rooms to return."""
        if text == UNLIMITED:
            return None
        try:
            limit = parse_integer(text)
        except ValueError:
            limit = 0
        if not 1 <= limit <= MAX_LIMIT:
            self.fail(
                "limit",
                f"must be an integer from 1 to {MAX_LIMIT}, or {UNLIMITED}, not {shown(text)}",
            )
        return limit

    def order(self, text: str, *, is_near: bool) -> Order:
        """Read how to sort them."""
        try:
            order = parse_sort(text)
        except ValueError as problem:
            suggestion = problem.suggestion if isinstance(problem, UnknownKeyError) else None
            self.fail("sort", str(problem), suggestion)
            return BY_ADDING
        if not is_near and DISTANCE in [key.name for key in order]:
            self.fail("sort", f"{DISTANCE} needs near={NEAR_FORM}")
        return order

    def after(self, given: str, selection: RoomSelection, order: Order) -> Position | None:
        """Read where the page begins."""
        try:
            return read_cursor(given, selection, order)
        except ValueError as problem:
            self.fail("after", str(problem))
            return None

    def count(self, given: str) -> str:
        """Read how to count the rooms."""
        if given not in COUNTS:
            self.fail("count", f"must be {' or '.join(COUNTS)}, not {shown(given)}")
        return given

    def fields(self, text: str, known: Sequence[str]) -> tuple[str, ...]:
        """Read which of the known fields to return."""
        names = text.split(",")
        for name in dict.fromkeys(names):
            if name == DISTANCE and name not in known:
                self.fail("fields", f"{DISTANCE} needs near={NEAR_FORM}")
            elif name not in known:
                hint = closest(name.lower(), known)
                choice = "" if hint else f"; use {', '.join(known)}"
                self.fail("fields", f"{shown_name(name)} is not a field of a room{choice}", hint)
            elif names.count(name) > 1:
                self.fail("fields", f"{name} is given more than once")
        return tuple(name for name in known if name in names)
