"""Searches by distance that begin far from their place: ring after ring around it.

An index returns rooms from the nearest to the farthest. To reach a cursor it would have to skip all
nearer rooms, up to a million. So such a search reads only a ring that begins at the cursor's
distance, and further rings while too few rooms are found.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from rentomatic.domain.geography import HALF_WAY, Circle, Near, circles_over_ring, circumference
from rentomatic.requests.room_list import RoomListRequest

# More circles read fewer rooms outside a ring but take longer to look up. The best number grows
# with the square root of the number of nearer rooms; their distance is used as an estimate of it.
_LEAST_CIRCLES = 8
_MOST_CIRCLES = 512
_METRES_PER_SQUARED_CIRCLE = 20.0
_LEAST_WIDTH = 100.0
# How many times wider the next ring is.
_GROWTH = 3
# Larger rings may take tens of milliseconds.
_SMALL_CIRCLES = 64
_SMALL_WIDTH = 200_000.0

_NORTH = ("north_longitudes", "north_latitudes", "north_metres")
_SOUTH = ("south_longitudes", "south_latitudes", "south_metres")
RING_PARAMETERS = {"ringed", "far_most", "far_least", *_NORTH, *_SOUTH}


@dataclass(frozen=True, slots=True)
class Rings:
    """Adjacent rings around a place, from where a search begins.

    Attributes:
        circles: the circles that cover them.
        far: the distance at which the last one ends, in metres; None if no rooms are beyond it.
        is_outwards: whether the search goes from near to far.
        is_large: whether searching them may be slow.
    """

    circles: tuple[Circle, ...]
    far: float | None
    is_outwards: bool
    is_large: bool

    def parameters(self) -> Mapping[str, object]:
        """Return parameters of sql/room_page.sql; southern places are mirrored to the north."""
        placed = [(each.longitude, each.latitude, each.metres) for each in self.circles]
        north = [each for each in placed if each[1] >= 0]
        south = [
            (longitude, -latitude, metres) for longitude, latitude, metres in placed if latitude < 0
        ]
        end = (
            {} if self.far is None else {"far_most" if self.is_outwards else "far_least": self.far}
        )
        return {"ringed": True, **end, **_columns(_NORTH, north), **_columns(_SOUTH, south)}


def _columns(names: Sequence[str], rows: Sequence[Sequence[float]]) -> Mapping[str, object]:
    return {name: [row[number] for row in rows] for number, name in enumerate(names)}


def rings_of(request: RoomListRequest, near: Near) -> Iterator[Rings]:
    """Yield the rings of a search by distance, each time with one more.

    Yields nothing if the search begins at the place itself or at its antipode.
    """
    is_outwards = not request.order[0].descending
    least, most = near.radius_min or 0.0, HALF_WAY if near.radius is None else near.radius
    begin, end = (least, most) if is_outwards else (most, least)
    if request.after is not None:
        position = float(request.after[0])  # type: ignore[arg-type]  # a distance
        begin = max(begin, position) if is_outwards else min(begin, position)
    if 0 < begin < HALF_WAY:
        yield from _grow(near, begin, end, is_outwards=is_outwards)


def _grow(near: Near, begin: float, end: float, *, is_outwards: bool) -> Iterator[Rings]:
    circles: list[Circle] = []
    sign = 1 if is_outwards else -1
    most = sqrt(min(begin, HALF_WAY - begin) / _METRES_PER_SQUARED_CIRCLE)
    most = int(max(_LEAST_CIRCLES, min(most, _MOST_CIRCLES)))
    width = max(_LEAST_WIDTH, circumference(begin) / most / 2)
    while True:
        far = begin + sign * width
        is_last = (far - end) * sign >= 0
        inner, outer = sorted((begin, end if is_last else far))
        circles += circles_over_ring(near.longitude, near.latitude, inner, outer, most)
        is_large = most > _SMALL_CIRCLES or width > _SMALL_WIDTH
        yield Rings(tuple(circles), None if is_last else far, is_outwards, is_large)
        if is_last:
            return
        begin = far
        # At most as wide as what is already searched, or its circles would overlap that.
        width = min(_GROWTH * width, begin if is_outwards else HALF_WAY - begin)
