"""The comparisons of CQL2: a field and what it is compared with become a condition."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from rentomatic.domain.folding import fold
from rentomatic.domain.geography import Box
from rentomatic.domain.kinds import Address, Date, Degrees, Identity, Integer, Text
from rentomatic.domain.patterns import is_pattern, map_literals
from rentomatic.domain.room import COORDINATES, Field
from rentomatic.requests.cql2_tokens import CqlError
from rentomatic.requests.parsers import MAX_INTEGER, is_utf8, parse_date, parse_uuid, shown
from rentomatic.requests.room_conditions import (
    NEVER,
    Condition,
    Filter,
    all_of,
    any_of,
    negated,
)
from rentomatic.requests.room_fields import NULL

# Further away than any place, so comparing with it is the same as with any larger number.
_FAR = 1_000
# GDAL writes a date as 2026-09-01T or 2026-09-01T00:00:00Z.
_MIDNIGHT = re.compile(r"(?<=\d)T(?:00:00:00(?:\.0+)?(?:Z|\+00:00)?)?$")


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in the text.

    Attributes:
        value: a Decimal, a str, or a bool.
        place: the number of its first character, from 1.
        is_date: whether it is written as DATE or TIMESTAMP.
    """

    value: Decimal | str | bool
    place: int
    is_date: bool = False

    def __str__(self) -> str:
        return shown(self.value) if isinstance(self.value, str) else str(self.value)


def compare(field: Field, operator: str, literal: Literal) -> Condition:
    """Compare by one of the operators eq, ne, lt, lte, gt and gte."""
    _check_comparable(field, literal)
    if isinstance(field.kind, Identity) and operator not in field.kind.operators:
        raise CqlError(f"{field.name} has no order; use =, <> or IN", literal.place)
    try:
        operand = _READERS[type(field.kind)](field.kind, literal)
    except ValueError as problem:
        raise CqlError(f"{field.name} {problem}", literal.place) from None
    if isinstance(operand, Decimal):
        return _compare_integer(field.name, operator, operand)
    return Filter(field.name, operator, operand)


def is_one_of(field: Field, literals: Sequence[Literal]) -> Condition:
    """Compare by IN."""
    conditions = [compare(field, "eq", each) for each in literals]
    values: Any = dict.fromkeys(each.value for each in conditions if isinstance(each, Filter))
    listed = [Filter(field.name, "in", tuple(values))] if values else []
    return any_of([*listed, *(each for each in conditions if not isinstance(each, Filter))])


def is_like(field: Field, literal: Literal, *, is_folded: bool = False) -> Condition:
    """Compare by LIKE, or by ILIKE without case and accents."""
    _check_comparable(field, literal)
    kind = field.kind
    if not isinstance(kind, Text | Address):
        raise CqlError(f"{field.name} is not text, so it cannot be LIKE a pattern", literal.place)
    try:
        pattern = normalize("NFC", _text_of(literal))
    except ValueError as problem:
        raise CqlError(f"{field.name} {problem}", literal.place) from None
    if not is_pattern(pattern):
        raise CqlError(r"a pattern must not end in a single \; write \\", literal.place)
    if is_folded:
        return Filter(field.name, "ilike", map_literals(fold, pattern))
    return Filter(field.name, "like", map_literals(kind.compared, pattern))


def is_missing(field: Field) -> Condition:
    """Compare by IS NULL."""
    return Filter(field.name, NULL, value=True) if field.is_optional else NEVER


def is_in_box(box: Box) -> Condition:
    """Compare the place of a room with a box."""
    box = box.across
    longitude, latitude = COORDINATES
    latitudes = [Filter(latitude, "gte", box.south), Filter(latitude, "lte", box.north)]
    longitudes = [Filter(longitude, "gte", box.west), Filter(longitude, "lte", box.east)]
    join = any_of if box.crosses_antimeridian else all_of
    return all_of([*latitudes, join(longitudes)])


def _check_comparable(field: Field, literal: Literal) -> None:
    if not field.kind.operators:
        raise CqlError(f"{field.name} can only be compared by IS NULL", literal.place)


def _compare_integer(name: str, operator: str, number: Decimal) -> Condition:
    """Compare an integer with any number: below 2.5 is at most 2."""
    number = max(min(number, Decimal(MAX_INTEGER)), Decimal(-MAX_INTEGER))
    below = math.floor(number)
    if below == number:
        return Filter(name, operator, below)
    at_most, above = Filter(name, "lte", below), Filter(name, "gt", below)
    at_least = Filter(name, "gte", below + 1)
    if operator in {"eq", "ne"}:
        # No integer equals it; but if the integer is missing, neither `=` nor `<>` is true.
        return (
            all_of([above, negated(at_least)]) if operator == "eq" else any_of([at_most, at_least])
        )
    return at_most if operator in {"lt", "lte"} else above


def _number_of(literal: Literal) -> Decimal:
    if not isinstance(literal.value, Decimal):
        raise ValueError(f"must be compared with a number such as 60, not {literal}")  # noqa: TRY004 - as all parsers
    return literal.value


def _text_of(literal: Literal) -> str:
    if not isinstance(literal.value, str) or literal.is_date:
        raise ValueError(f"must be compared with text in single quotes, not {literal}")
    if "\0" in literal.value or not is_utf8(literal.value):
        raise ValueError("must be compared with text in UTF-8 without NUL")
    return literal.value


def _date_of(literal: Literal) -> date:
    if not isinstance(literal.value, str):
        raise ValueError(f"must be compared with a date such as DATE('2026-09-01'), not {literal}")  # noqa: TRY004
    return parse_date(_MIDNIGHT.sub("", literal.value))


def _degrees_of(literal: Literal) -> float:
    return float(max(min(_number_of(literal), Decimal(_FAR)), Decimal(-_FAR))) + 0.0


# A new kind of value needs a line here.
_READERS: Mapping[type, Callable[[Any, Literal], Any]] = {
    Identity: lambda _kind, literal: parse_uuid(_text_of(literal)),
    Integer: lambda _kind, literal: _number_of(literal),
    Degrees: lambda _kind, literal: _degrees_of(literal),
    Text: lambda kind, literal: kind.compared(kind.normal(_text_of(literal)) or ""),
    Address: lambda kind, literal: kind.normal(_text_of(literal)) or "",
    Date: lambda _kind, literal: _date_of(literal),
}
