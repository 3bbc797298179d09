"""Changes that let a search find more rooms, and the areas that they search."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from math import hypot, inf

from rentomatic.domain.geography import HALF_TURN, QUARTER_TURN, Box

# The steps to which values are rounded: about a metre, and a tenth of that.
_METRE = Decimal("0.00001")
_DECIMETRE = Decimal("0.000001")

REMOVAL = inf


class CountKind(StrEnum):
    """What a number of rooms is; `AT_LEAST` if counting stopped there."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    ESTIMATE = "estimate"


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A change of one condition of a search.

    Attributes:
        key: the condition: a filter such as `price__lte`, or a parameter such as `radius`.
        value: what it is changed to; None if it is removed.
        change: the relative change of the value; REMOVAL if the condition is removed.
        count: how many rooms the changed search finds.
    """

    key: str
    value: object
    change: float
    count: int
    kind: CountKind = CountKind.EXACT


def cheapest_first(found: Iterable[Relaxation]) -> tuple[Relaxation, ...]:
    """Sort relaxations by their change; of removals, those that find the most rooms come first."""
    return tuple(
        sorted(found, key=lambda each: (each.change, -each.count if each.change == REMOVAL else 0))
    )


def box_reaching(box: Box, longitude: float, latitude: float) -> Box:
    """Return the smallest box that contains a box and a place.

    Edges that move are rounded outward to 0.00001 degrees, about a metre.
    """
    taller = replace(
        box,
        south=_down(latitude, _METRE) if latitude < box.south else box.south,
        north=_up(latitude, _METRE) if latitude > box.north else box.north,
    )
    if replace(box, south=-QUARTER_TURN, north=QUARTER_TURN).contains(longitude, 0):
        return taller
    eastward, westward = _turn(box.east, longitude), _turn(longitude, box.west)
    if eastward <= westward:
        wider = replace(taller, east=_up(longitude, _METRE))
    else:
        wider = replace(taller, west=_down(longitude, _METRE))
    if wider.width < box.width:
        # The edges have met on the other side of the earth.
        return replace(wider, west=-HALF_TURN, east=HALF_TURN)
    return wider


def growth(box: Box, wider: Box) -> float:
    """Return the relative change of a box's diagonal, in degrees."""
    before = max(hypot(box.width, box.height), float(_METRE))
    return hypot(wider.width, wider.height) / before - 1


def centre_of(box: Box) -> tuple[float, float]:
    """Return the middle of a box, longitude first."""
    middle = box.west + box.width / 2
    longitude = middle - 2 * HALF_TURN if middle > HALF_TURN else middle
    return longitude, (box.south + box.north) / 2


def degrees_above(value: float) -> float:
    """Return a greater number of degrees with at most six decimals, the next or the one after."""
    above = Decimal(_down(value, _DECIMETRE)).quantize(_DECIMETRE) + _DECIMETRE
    return float(above) if float(above) > value else float(above + _DECIMETRE)


def _turn(start: float, end: float) -> float:
    """Return how many degrees east of one meridian another one is."""
    return (end - start) % (2 * HALF_TURN)


# Rounding a decimal to a float keeps the order, so these never pass the value.
def _down(value: float, step: Decimal) -> float:
    return float(Decimal(value).quantize(step, ROUND_FLOOR))


def _up(value: float, step: Decimal) -> float:
    return float(Decimal(value).quantize(step, ROUND_CEILING))
