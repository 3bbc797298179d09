"""Cursors: where a page ended, as opaque text for one search."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from uuid import UUID

from rentomatic.domain.room import OPTIONAL_FIELDS
from rentomatic.requests.cursors import GREATEST, seal, unseal
from rentomatic.requests.parsers import shown
from rentomatic.requests.room_order import KEY_TYPES, Order, Position
from rentomatic.requests.room_selection import RoomSelection

_READ: Mapping[type, Callable[[str], UUID | str | date]] = {
    UUID: UUID,
    str: str,
    date: date.fromisoformat,
}


def write_cursor(selection: RoomSelection, order: Order, position: Position) -> str:
    """Encode a position in an order of the selected rooms."""
    values = [str(each) if isinstance(each, UUID | date) else each for each in position]
    # The text of a search without these is as in earlier releases, so their cursors stay valid.
    newer = filter(None, (selection.words, selection.condition))
    search = (selection.filters, selection.bbox, selection.near, order, *newer)
    return seal(values, repr(search))


def read_cursor(text: str, selection: RoomSelection, order: Order) -> Position:
    """Decode a position; raises ValueError for any other text than this search's cursors."""

    def parse(values: Sequence[object]) -> Position:
        keyed = zip(order, values, strict=True)
        return tuple(_parse_value(value, key.name) for key, value in keyed)

    position: Position | None = unseal(text, parse, partial(write_cursor, selection, order))
    if position is not None:
        return position
    raise ValueError(
        "must be a cursor of this search, from the Link of the previous page with the same filters "
        f"and sort, not {shown(text)}"
    )


def _parse_value(value: object, name: str) -> UUID | int | float | str | date | None:
    if value is None and name in OPTIONAL_FIELDS:
        return None
    kind = KEY_TYPES[name]
    if isinstance(value, str) and kind in _READ:
        return _READ[kind](value)
    if isinstance(value, int | float) and type(value) is kind and abs(value) <= GREATEST:
        return value
    raise ValueError
