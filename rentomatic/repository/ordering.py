"""`order by` and keyset conditions, built only from names of columns and parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rentomatic.domain.kinds import Text
from rentomatic.domain.room import FIELDS, OPTIONAL_FIELDS
from rentomatic.repository.conditions import TYPES
from rentomatic.requests.room_order import ADDED, KEY_TYPES, Order, Position, SortKey

# Text is sorted by the folded text, which a trigger keeps.
_COLUMNS = {
    ADDED: "id",
    **{
        name: f"{name}_key"
        for name in KEY_TYPES
        if name in FIELDS and isinstance(FIELDS[name].kind, Text)
    },
}

# One per key of an order.
POSITION_PARAMETERS = tuple(f"after_{number}" for number in range(len(KEY_TYPES)))


@lru_cache(maxsize=256)
def order_by(order: Order, *, is_present: bool = False) -> str:
    """Return the keys of an `order by`; missing values sort last.

    Args:
        order: the keys.
        is_present: whether all rooms have the first key, so that an index has this order.
    """
    first, *others = order
    begin = " desc" if is_present and first.descending else _direction(first)
    return ", ".join(
        [f"{_column(first.name)}{begin}", *(_column(key.name) + _direction(key) for key in others)]
    )


def is_present_in(order: Order) -> str:
    """Return the condition that a room has the first key of an order."""
    return f"{_column(order[0].name)} is not null"


def is_after(order: Order, position: Position, *, is_present: bool = False) -> str:
    """Return the condition that a room is after a position, whose values are POSITION_PARAMETERS.

    Keys of the same direction are compared as a row, for which an index can use all keys.
    Otherwise an index can use a condition on the first key, and the rest filters its rows.
    """
    keys = [_key(*each) for each in zip(order, POSITION_PARAMETERS, position, strict=False)]
    if is_present:
        keys[0] = replace(keys[0], is_optional=False)
    signs = {key.sign for key in keys}
    if len(signs) == 1 and not any(key.is_optional for key in keys):
        columns, values = zip(*((key.column, key.value) for key in keys), strict=True)
        return f"({', '.join(columns)}) {signs.pop()} ({', '.join(values)})"
    first = keys[0]
    found = "" if first.is_optional else f"{first.column} {first.sign}= {first.value} and "
    return f"({found}({_behind(keys)}))"


@dataclass(frozen=True, slots=True)
class _Key:
    """A sort key, compared with a value of a position; `value` is empty if that is missing."""

    column: str
    sign: str
    value: str
    is_optional: bool


def _key(key: SortKey, parameter: str, value: object) -> _Key:
    column = _column(key.name)
    operand = "" if value is None else f":{parameter}::{TYPES[KEY_TYPES[key.name]]}"
    return _Key(column, "<" if key.descending else ">", operand, key.name in OPTIONAL_FIELDS)


def _behind(keys: Sequence[_Key]) -> str:
    """Compare key by key: after the position in the first key, or equal there and so on."""
    first, *others = keys
    same = f"{first.column} = {first.value}" if first.value else f"{first.column} is null"
    conditions = [f"{first.column} {first.sign} {first.value}"] if first.value else []
    if first.is_optional and first.value:
        conditions.append(f"{first.column} is null")
    if others:
        conditions.append(f"({same} and ({_behind(others)}))")
    return " or ".join(conditions)


def _direction(key: SortKey) -> str:
    if not key.descending:
        return ""
    return " desc nulls last" if key.name in OPTIONAL_FIELDS else " desc"


def _column(name: str) -> str:
    return _COLUMNS.get(name, name)
