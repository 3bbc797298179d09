"""Places on the earth, treated as a sphere.

On a sphere with the mean radius of the ellipsoid (R1 of GRS 80, IUGG), distances are within 0.6 %
of those on the ellipsoid.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import asin, atan2, ceil, cos, degrees, pi, radians, sin, sqrt

EARTH_RADIUS = 6_371_008.8
HALF_TURN = 180
QUARTER_TURN = 90
# From a place to its antipode, in metres.
HALF_WAY = pi * EARTH_RADIUS

# A margin for rounding, in degrees (a tenth of a millimetre), so that a box contains its circle.
_SLACK = 1e-9
# The same in metres, plus the error of the haversine formula near the antipode (decimetres).
_SLACK_METRES = 2.0
# Fewer circles cover hardly less than one circle around the whole ring.
_FEWEST_CIRCLES = 6


@dataclass(frozen=True, slots=True)
class Box:
    """The area between two meridians and two parallels in degrees, edges included.

    A box with `west > east` crosses the antimeridian; `north` is not below `south`.
    """

    west: float
    south: float
    east: float
    north: float

    @property
    def crosses_antimeridian(self) -> bool:
        """Whether it extends across 180 degrees, from the eastern to the western hemisphere."""
        return self.west > self.east

    @property
    def width(self) -> float:
        """Its extent from west to east in degrees."""
        return self.east - self.west + (2 * HALF_TURN if self.crosses_antimeridian else 0)

    @property
    def height(self) -> float:
        """Its extent from south to north in degrees."""
        return self.north - self.south

    @property
    def across(self) -> "Box":
        """The same box, made to cross the antimeridian if it touches it.

        -180 and 180 degrees are one meridian (RFC 7946, section 5.2): a box that ends at one of
        them contains the places at both. Then comparing longitudes with its edges is enough.
        """
        if self.west > -HALF_TURN and self.east == HALF_TURN:
            return replace(self, east=-HALF_TURN)
        if self.west == -HALF_TURN and self.east < HALF_TURN:
            return replace(self, west=HALF_TURN)
        return self

    def contains(self, longitude: float, latitude: float) -> bool:
        """Return whether a place is in the box or on its edge."""
        if not self.south <= latitude <= self.north:
            return False
        box = self.across
        if box.crosses_antimeridian:
            return longitude >= box.west or longitude <= box.east
        return box.west <= longitude <= box.east


@dataclass(frozen=True, slots=True)
class Circle:
    """The area within a distance in metres of a place in degrees."""

    longitude: float
    latitude: float
    metres: float


def great_circle_metres(
    longitude: float, latitude: float, other_longitude: float, other_latitude: float
) -> float:
    """Return the distance between two places in metres, by the haversine formula.

    R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984), p. 159. It is exact to a
    millimetre, except near the antipode, where it may be a few decimetres short.
    """
    # Both are shifted so that no product underflows: PostgreSQL, which computes the same, raises an
    # error for that. The cosine of a latitude is the sine of its distance to a pole.
    polar, other_polar = latitude + QUARTER_TURN, other_latitude + QUARTER_TURN
    north = radians(polar - other_polar)
    east = radians((longitude + HALF_TURN) - (other_longitude + HALF_TURN))
    haversine = sin(north / 2) * sin(north / 2) + sin(radians(polar)) * sin(
        radians(other_polar)
    ) * (sin(east / 2) * sin(east / 2))
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(haversine)))


def narrower_box(box: Box, first_east: float | None, last_west: float | None) -> Box:
    """Return the narrower box around some places: the given one, or one across the antimeridian.

    Args:
        box: the box around them that does not cross the antimeridian.
        first_east: their smallest non-negative longitude, if any.
        last_west: their greatest negative longitude, if any.
    """
    if first_east is None or last_west is None:
        return box
    across = last_west + 2 * HALF_TURN - first_east
    return replace(box, west=first_east, east=last_west) if across < box.east - box.west else box


def box_of(places: Sequence[tuple[float, float]]) -> Box:
    """Return the narrowest box around some places, at least one, given as longitude, latitude."""
    longitudes, latitudes = zip(*places, strict=True)
    return narrower_box(
        Box(min(longitudes), min(latitudes), max(longitudes), max(latitudes)),
        min((each for each in longitudes if each >= 0), default=None),
        max((each for each in longitudes if each < 0), default=None),
    )


def box_around(longitude: float, latitude: float, radius: float) -> Box:
    """Return a box that contains every place within a distance in metres, and little more."""
    reach = degrees(min(radius / EARTH_RADIUS, pi)) + _SLACK
    south, north = latitude - reach, latitude + reach
    if south <= -QUARTER_TURN or north >= QUARTER_TURN:
        # A circle around a pole has all longitudes.
        south, north = max(south, -QUARTER_TURN), min(north, QUARTER_TURN)
        return Box(-HALF_TURN, south, HALF_TURN, north)
    # The circle's easternmost point is nearer to the pole than its centre.
    aside = degrees(asin(min(1.0, sin(radians(reach)) / cos(radians(latitude))))) + _SLACK
    west, east = longitude - aside, longitude + aside
    west = west + 2 * HALF_TURN if west < -HALF_TURN else west
    east = east - 2 * HALF_TURN if east > HALF_TURN else east
    return Box(west, south, east, north)


def antipode(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the opposite place on the sphere, longitude first."""
    return longitude - HALF_TURN if longitude > 0 else longitude + HALF_TURN, -latitude


def circles_over_ring(
    longitude: float, latitude: float, inner: float, outer: float, most: int
) -> list[Circle]:
    """Cover the ring between two distances, in metres, from a place with circles, and little else.

    There are at most `most` circles; more of them cover less outside the ring.
    """
    if inner + outer > HALF_WAY:
        # The ring is smaller as seen from the antipode.
        longitude, latitude = antipode(longitude, latitude)
        inner, outer = max(0.0, HALF_WAY - outer), HALF_WAY - inner
    middle = (inner + outer) / 2
    amount = min(most, ceil(circumference(middle) / max(outer - inner, _SLACK_METRES)))
    if amount < _FEWEST_CIRCLES:
        return [Circle(longitude, latitude, outer + _SLACK_METRES)]
    step = 2 * pi / amount
    centre = _towards(longitude, latitude, 0, middle)
    # The corners of a sector are farthest from its centre.
    corners = [_towards(longitude, latitude, step / 2, each) for each in (inner, outer)]
    metres = max(great_circle_metres(*centre, *corner) for corner in corners) + _SLACK_METRES
    centres = [_towards(longitude, latitude, step * number, middle) for number in range(amount)]
    return [Circle(*each, metres) for each in centres]


def circumference(distance: float) -> float:
    """Return the circumference of a circle from its radius on the sphere; both in metres."""
    return 2 * pi * EARTH_RADIUS * sin(distance / EARTH_RADIUS)


def _towards(
    longitude: float, latitude: float, bearing: float, metres: float
) -> tuple[float, float]:
    """Return the place at a bearing, in radians from the north, and a distance from a place."""
    angle, start = metres / EARTH_RADIUS, radians(latitude)
    sine, cosine = sin(start), cos(start)
    ahead, aside = sin(angle) * cos(bearing), sin(angle) * sin(bearing)
    turn = atan2(aside, cosine * cos(angle) - sine * ahead)
    height = sine * cos(angle) + cosine * ahead
    turned = (longitude + degrees(turn) + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN
    return turned, degrees(asin(max(-1.0, min(1.0, height))))


@dataclass(frozen=True, slots=True)
class Near:
    """A place, in degrees, from which distances are measured.

    `radius` and `radius_min` are the largest and smallest distance in metres; None for any.
    """

    longitude: float
    latitude: float
    radius: float | None = None
    radius_min: float | None = None

    def metres_to(self, longitude: float, latitude: float) -> float:
        """Return the distance to another place."""
        return great_circle_metres(self.longitude, self.latitude, longitude, latitude)

    def reaches(self, longitude: float, latitude: float) -> bool:
        """Return whether another place is near enough and far enough."""
        distance = self.metres_to(longitude, latitude)
        return (self.radius is None or distance <= self.radius) and (
            self.radius_min is None or distance >= self.radius_min
        )
