"""`order by` and keyset conditions, made of the names of columns and parameters alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from rentomatic.domain.room import OPTIONAL_FIELDS
from rentomatic.requests.room_order import ADDED, KEY_TYPES, Order, Position, SortKey

_COLUMNS = {ADDED: "id"}
_TYPES = {UUID: "uuid", int: "bigint", float: "float8"}

# One for each key that an order can have.
POSITION_PARAMETERS = tuple(f"after_{number}" for number in range(len(KEY_TYPES)))


def order_by(order: Order) -> str:
    """Return the keys of an `order by`, in which missing values come last."""
    return ", ".join(f"{_column(key.name)}{_direction(key)}" for key in order)


def is_after(order: Order, position: Position) -> str:
    """Return the comparison of a room with a position, whose values are POSITION_PARAMETERS.

    Keys of one direction are compared as a row, all of which an index can use. Else it finds those
    that do not lie before the first key's value, which the rest then tells apart.
    """
    keys = [_key(*each) for each in zip(order, POSITION_PARAMETERS, position, strict=False)]
    signs = {key.sign for key in keys}
    if len(signs) == 1 and not any(key.is_optional for key in keys):
        columns, values = zip(*((key.column, key.value) for key in keys), strict=True)
        return f"({', '.join(columns)}) {signs.pop()} ({', '.join(values)})"
    first = keys[0]
    found = "" if first.is_optional else f"{first.column} {first.sign}= {first.value} and "
    return f"({found}({_behind(keys)}))"


@dataclass(frozen=True, slots=True)
class _Key:
    """A key of an order, compared with a value of a position; `value` is empty if it is missing."""

    column: str
    sign: str
    value: str
    is_optional: bool


def _key(key: SortKey, parameter: str, value: object) -> _Key:
    column = _column(key.name)
    spelt = "" if value is None else f":{parameter}::{_TYPES[KEY_TYPES[key.name]]}"
    return _Key(column, "<" if key.descending else ">", spelt, key.name in OPTIONAL_FIELDS)


def _behind(keys: Sequence[_Key]) -> str:
    """Compare key by key: behind in the first one, or equal there and behind in the others."""
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
