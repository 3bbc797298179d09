"""How different two rooms are: their distance, and the ratios of their prices and sizes."""

from math import log

from rentomatic.domain.geography import Near
from rentomatic.domain.room import Room

# What adds one to a difference: a kilometre, and a price or size that is a quarter higher.
SCALE_METRES = 1_000
SCALE_RATIO = 1.25


def difference(room: Room, other: Room) -> float:
    """Return how different two rooms are: 0 if place, price and size are the same.

    It is distance / 1 km + |ln(ratio of prices)| / ln 1.25 + |ln(ratio of sizes)| / ln 1.25, in
    either order of the rooms. A price of 0 counts as 1, which has a ratio to others.
    """
    metres = Near(*room.place).metres_to(*other.place)
    prices = _ratio(max(room.price, 1), max(other.price, 1))
    return least_difference(metres) + prices + _ratio(room.size, other.size)


def least_difference(metres: float) -> float:
    """Return how different rooms at this distance are at least."""
    return metres / SCALE_METRES


def _ratio(amount: int, other: int) -> float:
    low, high = sorted((amount, other))
    return log(high / low) / log(SCALE_RATIO)
