"""Boolean expressions in SQL, built only from names of columns and parameters."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from rentomatic.domain.kinds import Text
from rentomatic.domain.room import FIELDS
from rentomatic.requests.room_conditions import AllOf, Condition, Filter, filters_in
from rentomatic.requests.room_fields import NULL

TYPES: Mapping[type, str] = {
    UUID: "uuid",
    int: "bigint",
    float: "float8",
    str: "text",
    date: "date",
}

_FRAGMENTS = {
    "eq": "{column} = {operand}::{type}",
    "ne": "{column} <> {operand}::{type}",
    "lt": "{column}{order} < {operand}::{type}",
    "lte": "{column}{order} <= {operand}::{type}",
    "gt": "{column}{order} > {operand}::{type}",
    "gte": "{column}{order} >= {operand}::{type}",
    "in": "{column} = any({operand}::{type}[])",
    "like": "{column} like {operand}::{type}",
    "unlike": "{column} not like {operand}::{type}",
    "ilike": "{folded} like {operand}::{type}",
    "unilike": "{folded} not like {operand}::{type}",
    NULL: "({name} is null) = {operand}::boolean",
}
# The key of a text, which an index has, finds the rooms among which the text is compared.
_KEYED = {
    "eq": " and {name}_key = text_key({operand}::text)",
    "in": " and {name}_key = any(text_keys({operand}::text[]))",
}


def condition_parameters(condition: Condition) -> dict[str, Any]:
    """Return the parameters of a condition: the operand of each filter."""
    operands = [each.value for each in filters_in(condition)]
    return {
        _name(number): list(each) if isinstance(each, tuple) else each
        for number, each in enumerate(operands)
    }


def is_met(condition: Condition) -> str:
    """Return a condition in SQL."""
    return _write(condition, count())


def _write(condition: Condition, numbers: Iterator[int]) -> str:
    if isinstance(condition, Filter):
        return _compare(condition, f":{_name(next(numbers))}")
    is_all = isinstance(condition, AllOf)
    parts = [_write(part, numbers) for part in condition.parts]
    joined = f" {'and' if is_all else 'or'} ".join(parts)
    return f"({joined})" if parts else str(is_all).lower()


def _compare(each: Filter, operand: str) -> str:
    """Compare a column as sql/parts/matching_*.sql do, so that the same indexes can be used."""
    kind = FIELDS[each.field].kind
    has_key = isinstance(kind, Text) and kind.is_sorted
    is_folded = isinstance(kind, Text) and kind.is_folded
    is_keyed = has_key and not is_folded
    fragment = _FRAGMENTS[each.operator] + (_KEYED.get(each.operator, "") if is_keyed else "")
    return fragment.format(
        name=each.field,
        column=f"{each.field}_key" if is_folded else each.field,
        folded=f"{each.field}_key" if has_key else f"text_key({each.field})",
        operand=operand,
        type=TYPES[kind.type],
        # By code points, as in every repository.
        order=' collate "C"' if kind.type is str else "",
    )


def _name(number: int) -> str:
    return f"condition_{number}"
