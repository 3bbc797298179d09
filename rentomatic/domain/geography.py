"""Places on the earth, taken for a sphere.

A sphere with the mean radius of the ellipsoid (R1 of GRS 80, IUGG) gives distances within 0.6 % of
those on the ellipsoid.
"""

from dataclasses import dataclass, replace
from math import asin, atan2, ceil, cos, degrees, pi, radians, sin, sqrt

EARTH_RADIUS = 6_371_008.8
HALF_TURN = 180
QUARTER_TURN = 90
# From a place to its antipode, in metres.
HALF_WAY = pi * EARTH_RADIUS

# What rounding may cost, in degrees (a tenth of a millimetre): a box around a circle must hold all
# of it.
_SLACK = 1e-9
# The same in metres, with the decimetres that the haversine formula is short near the antipode.
_SLACK_METRES = 2.0
# A ring under fewer circles is hardly smaller than the one circle that covers all within it.
_FEWEST_CIRCLES = 6


@dataclass(frozen=True, slots=True)
class Box:
    """What lies between two meridians and two parallels, edges included.

    Attributes:
        west: degrees, -180 to 180; a box with `west > east` crosses the antimeridian.
        south: degrees, -90 to 90.
        east: degrees, -180 to 180.
        north: degrees, -90 to 90; not below `south`.
    """

    west: float
    south: float
    east: float
    north: float

    @property
    def crosses_antimeridian(self) -> bool:
        """Whether it reaches from the eastern hemisphere over 180 degrees into the western."""
        return self.west > self.east

    @property
    def across(self) -> "Box":
        """The same box, made to cross the antimeridian where it only reaches it.

        -180 and 180 degrees are one meridian (RFC 7946, section 5.2): a box that ends at either
        holds the places at both. To compare longitudes with its edges is enough then.
        """
        if self.west > -HALF_TURN and self.east == HALF_TURN:
            return replace(self, east=-HALF_TURN)
        if self.west == -HALF_TURN and self.east < HALF_TURN:
            return replace(self, west=HALF_TURN)
        return self

    def contains(self, longitude: float, latitude: float) -> bool:
        """Tell whether a place lies in it or on its edge."""
        if not self.south <= latitude <= self.north:
            return False
        box = self.across
        if box.crosses_antimeridian:
            return longitude >= box.west or longitude <= box.east
        return box.west <= longitude <= box.east


@dataclass(frozen=True, slots=True)
class Circle:
    """What lies within some metres of a place, given in degrees."""

    longitude: float
    latitude: float
    metres: float


def great_circle_metres(
    longitude: float, latitude: float, other_longitude: float, other_latitude: float
) -> float:
    """Measure the way between two places in metres, by the haversine formula.

    R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984), p. 159. Exact to a
    millimetre but near the antipode, where it may be some decimetres short.
    """
    # Both are shifted, so that nothing is too small to be multiplied: PostgreSQL, which does the
    # same, refuses what underflows. The cosine of a latitude is the sine of its distance to a pole.
    polar, other_polar = latitude + QUARTER_TURN, other_latitude + QUARTER_TURN
    north = radians(polar - other_polar)
    east = radians((longitude + HALF_TURN) - (other_longitude + HALF_TURN))
    haversine = sin(north / 2) * sin(north / 2) + sin(radians(polar)) * sin(
        radians(other_polar)
    ) * (sin(east / 2) * sin(east / 2))
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(haversine)))


def narrower_box(box: Box, first_east: float | None, last_west: float | None) -> Box:
    """Give the narrower of two boxes that hold the same places: as it is, or the other way round.

    Args:
        box: one that does not cross the antimeridian.
        first_east: the least longitude of the places that is not negative; None for none.
        last_west: the greatest that is negative; None for none.
    """
    if first_east is None or last_west is None:
        return box
    across = last_west + 2 * HALF_TURN - first_east
    return replace(box, west=first_east, east=last_west) if across < box.east - box.west else box


def box_around(longitude: float, latitude: float, radius: float) -> Box:
    """Give a box that holds every place within a distance in metres, and little more."""
    reach = degrees(min(radius / EARTH_RADIUS, pi)) + _SLACK
    south, north = latitude - reach, latitude + reach
    if south <= -QUARTER_TURN or north >= QUARTER_TURN:
        # Around a pole lie all longitudes.
        south, north = max(south, -QUARTER_TURN), min(north, QUARTER_TURN)
        return Box(-HALF_TURN, south, HALF_TURN, north)
    # The circle's easternmost place lies nearer to the pole than its centre.
    aside = degrees(asin(min(1.0, sin(radians(reach)) / cos(radians(latitude))))) + _SLACK
    west, east = longitude - aside, longitude + aside
    west = west + 2 * HALF_TURN if west < -HALF_TURN else west
    east = east - 2 * HALF_TURN if east > HALF_TURN else east
    return Box(west, south, east, north)


def antipode(longitude: float, latitude: float) -> tuple[float, float]:
    """Give the opposite place on the sphere, longitude first."""
    return longitude - HALF_TURN if longitude > 0 else longitude + HALF_TURN, -latitude


def circles_over_ring(
    longitude: float, latitude: float, inner: float, outer: float, most: int
) -> list[Circle]:
    """Cover the ring between two distances from a place with circles, and little beside it.

    Args:
        longitude: of the place, in degrees.
        latitude: the same.
        inner: metres.
        outer: metres, at least `inner`.
        most: how many circles at most; the more there are, the less lies beside the ring.
    """
    if inner + outer > HALF_WAY:
        # It is a smaller ring around the antipode.
        longitude, latitude = antipode(longitude, latitude)
        inner, outer = max(0.0, HALF_WAY - outer), HALF_WAY - inner
    middle = (inner + outer) / 2
    amount = min(most, ceil(turn_metres(middle) / max(outer - inner, _SLACK_METRES)))
    if amount < _FEWEST_CIRCLES:
        return [Circle(longitude, latitude, outer + _SLACK_METRES)]
    step = 2 * pi / amount
    centre = _towards(longitude, latitude, 0, middle)
    # The corners of a sector are the farthest from its middle.
    corners = [_towards(longitude, latitude, step / 2, each) for each in (inner, outer)]
    metres = max(great_circle_metres(*centre, *corner) for corner in corners) + _SLACK_METRES
    centres = [_towards(longitude, latitude, step * number, middle) for number in range(amount)]
    return [Circle(*each, metres) for each in centres]


def turn_metres(distance: float) -> float:
    """Give the length of the line that lies at some distance from a place; both in metres."""
    return 2 * pi * EARTH_RADIUS * sin(distance / EARTH_RADIUS)


def _towards(
    longitude: float, latitude: float, bearing: float, metres: float
) -> tuple[float, float]:
    """Go from a place into a direction, in radians from the north; give where that ends."""
    angle, start = metres / EARTH_RADIUS, radians(latitude)
    sine, cosine = sin(start), cos(start)
    ahead, aside = sin(angle) * cos(bearing), sin(angle) * sin(bearing)
    turn = atan2(aside, cosine * cos(angle) - sine * ahead)
    height = sine * cos(angle) + cosine * ahead
    turned = (longitude + degrees(turn) + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN
    return turned, degrees(asin(max(-1.0, min(1.0, height))))
