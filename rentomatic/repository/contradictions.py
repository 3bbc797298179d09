"""Selections that match no room, which the planner does not notice."""

from collections.abc import Iterator
from typing import Any

from rentomatic.domain.geography import Box
from rentomatic.domain.room import COORDINATES
from rentomatic.requests.room_conditions import Filter
from rentomatic.requests.room_selection import RoomSelection

_LOW = {"gt", "gte", "eq"}
_HIGH = {"lt", "lte", "eq"}
_STRICT = {"gt", "lt"}


def is_contradictory(selection: RoomSelection) -> bool:
    """Return whether its filters and its box exclude each other."""
    if len(selection.filters) + (selection.bbox is not None) <= 1:
        return False
    return all(_exclude_each_other(selection.filters + box) for box in _boxes(selection.bbox))


def _boxes(whole: Box | None) -> Iterator[tuple[Filter, ...]]:
    """Yield a box as filters: one set of them, or one on each side of the antimeridian."""
    if whole is None:
        yield ()
        return
    box = whole.across
    longitude, latitude = COORDINATES
    latitudes = Filter(latitude, "gte", box.south), Filter(latitude, "lte", box.north)
    west, east = Filter(longitude, "gte", box.west), Filter(longitude, "lte", box.east)
    if box.crosses_antimeridian:
        yield (*latitudes, west)
        yield (*latitudes, east)
    else:
        yield (*latitudes, west, east)


def _exclude_each_other(filters: tuple[Filter, ...]) -> bool:
    lows = [each for each in filters if each.operator in _LOW]
    highs = [each for each in filters if each.operator in _HIGH]
    return any(_exclude(low, high) for low in lows for high in highs if low.field == high.field)


def _exclude(low: Filter, high: Filter) -> bool:
    least: Any = low.value
    most: Any = high.value
    return bool(least > most or (least == most and _STRICT & {low.operator, high.operator}))
