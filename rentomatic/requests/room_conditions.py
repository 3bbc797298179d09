"""Boolean expressions over filters.

An expression has no NOT: `negated` moves it to the filters, each of which has an opposite. A
comparison with a missing value is neither true nor false, and neither is its negation (the
three-valued logic of SQL, which CQL2 follows: OGC 21-065r2). Without NOT it makes no difference
whether such a comparison is unknown or false, so every repository can treat it as false.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from rentomatic.requests.room_fields import FILTER_KEYS, NULL, Operand


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on a field; `value` is a tuple for the operator `in`."""

    field: str
    operator: str
    value: Operand

    @property
    def parameter(self) -> str:
        """Its name among the parameters of a statement: one of FILTER_PARAMETERS."""
        return f"{self.field}_{self.operator}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Rooms that meet each of these conditions: all rooms, if there are no conditions."""

    parts: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Rooms that meet at least one of these conditions: no room, if there are no conditions."""

    parts: tuple["Condition", ...] = ()


Condition = Filter | AllOf | AnyOf

ALWAYS = AllOf()
NEVER = AnyOf()

FILTER_PARAMETERS = frozenset(
    Filter(*names, value=True).parameter for names in FILTER_KEYS.values()
)

_OPPOSITES = {
    "eq": "ne",
    "ne": "eq",
    "lt": "gte",
    "gte": "lt",
    "lte": "gt",
    "gt": "lte",
    "like": "unlike",
    "unlike": "like",
    "ilike": "unilike",
    "unilike": "ilike",
}
_LOW = {"gt", "gte", "eq"}
_HIGH = {"lt", "lte", "eq"}

# The least and the greatest value of a field; None if there is no limit.
_Range = tuple[Any, Any]


def all_of(parts: Iterable[Condition]) -> Condition:
    """Join conditions by AND; a nested AND becomes part of it."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, AllOf) else (part,))]
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))


def any_of(parts: Iterable[Condition]) -> Condition:
    """Join conditions by OR; a nested OR becomes part of it."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, AnyOf) else (part,))]
    return flat[0] if len(flat) == 1 else AnyOf(tuple(flat))


def negated(condition: Condition) -> Condition:
    """Return the condition that is true where this one is false, not where it is unknown."""
    match condition:
        case AllOf(parts):
            return any_of(map(negated, parts))
        case AnyOf(parts):
            return all_of(map(negated, parts))
        case Filter(field, "in", tuple(values)):
            return all_of(Filter(field, "ne", each) for each in values)
        case Filter(field, operator, value) if operator == NULL:
            return Filter(field, NULL, not value)
    return Filter(condition.field, _OPPOSITES[condition.operator], condition.value)


def filters_in(condition: Condition) -> Iterator[Filter]:
    """Yield all filters of an expression."""
    if isinstance(condition, Filter):
        yield condition
    else:
        for part in condition.parts:
            yield from filters_in(part)


def combine(
    filters: Sequence[Filter], condition: Condition
) -> tuple[tuple[Filter, ...], Condition | None]:
    """Return filters and a condition that together mean the same as those given, found faster.

    What the condition joins by AND becomes a filter if possible. So do ranges that contain all
    values which meet the rest, because they can use indexes.
    """
    found = {each.parameter: each for each in filters}
    rest = []
    for part in condition.parts if isinstance(condition, AllOf) else (condition,):
        if isinstance(part, Filter) and part.parameter in FILTER_PARAMETERS - found.keys():
            found[part.parameter] = part
        else:
            rest.append(part)
    for each in _range_filters(rest):
        found.setdefault(each.parameter, each)
    kept = tuple(sorted(found.values(), key=attrgetter("field", "operator")))
    return kept, all_of(rest) if rest else None


def _range_filters(conditions: Sequence[Condition]) -> Iterator[Filter]:
    for field, limits in _ranges_of(AllOf(tuple(conditions))).items():
        for operator, value in zip(("gte", "lte"), limits, strict=True):
            limit = Filter(field, operator, value)
            if value is not None and limit.parameter in FILTER_PARAMETERS:
                yield limit


def _ranges_of(condition: Condition) -> dict[str, _Range]:
    """Return for some fields the range of all values that meet a condition, or a wider one."""
    if isinstance(condition, Filter):
        return {condition.field: _range_of(condition)}
    ranges = [_ranges_of(part) for part in condition.parts]
    if isinstance(condition, AllOf):
        names = {name for each in ranges for name in each}
        return {name: _narrowest([each[name] for each in ranges if name in each]) for name in names}
    shared = set.intersection(*map(set, ranges)) if ranges else set()
    return {name: _widest([each[name] for each in ranges]) for name in shared}


def _range_of(each: Filter) -> _Range:
    if isinstance(each.value, tuple):
        values: Any = each.value
        return min(values), max(values)
    low = each.value if each.operator in _LOW else None
    return low, each.value if each.operator in _HIGH else None


def _narrowest(ranges: Sequence[_Range]) -> _Range:
    lows = [low for low, _ in ranges if low is not None]
    highs = [high for _, high in ranges if high is not None]
    return max(lows, default=None), min(highs, default=None)


def _widest(ranges: Sequence[_Range]) -> _Range:
    lows, highs = zip(*ranges, strict=True)
    return None if None in lows else min(lows), None if None in highs else max(highs)
