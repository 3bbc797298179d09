"""Boxes as OGC's standards write them."""

from collections.abc import Sequence

from rentomatic.domain.geography import HALF_TURN, QUARTER_TURN, Box

_FLAT = 4
_WITH_HEIGHTS = 6


def box_of_numbers(numbers: Sequence[float]) -> Box:
    """Make a box of 4 or 6 numbers, in degrees; heights, which rooms do not have, are ignored.

    Raises:
        ValueError: with a message that continues after the parameter's name.
    """
    if len(numbers) not in {_FLAT, _WITH_HEIGHTS}:
        raise ValueError(
            "must be west,south,east,north, or the same with heights as third and sixth number"
        )
    half = len(numbers) // 2
    box = Box(*numbers[:2], *numbers[half : half + 2])
    if not (-HALF_TURN <= box.west <= HALF_TURN and -HALF_TURN <= box.east <= HALF_TURN):
        raise ValueError(f"must have longitudes from -{HALF_TURN} to {HALF_TURN}")
    if not -QUARTER_TURN <= box.south <= box.north <= QUARTER_TURN:
        raise ValueError(
            f"must have latitudes from -{QUARTER_TURN} to {QUARTER_TURN}, south before north"
        )
    return box
