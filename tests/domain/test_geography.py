"""Distances and boxes on the sphere, against independent libraries and brute force."""

from fractions import Fraction

from geographiclib.geodesic import Geodesic
from haversine import Unit, haversine
from hypothesis import example, given
from hypothesis import strategies as st

from rentomatic.domain.geography import (
    EARTH_RADIUS,
    HALF_WAY,
    Box,
    antipode,
    box_around,
    circles_over_ring,
    great_circle_metres,
    narrower_box,
)

LONGITUDES = st.floats(-180, 180) | st.sampled_from([-180.0, -0.0, 5e-324, 179.999999, 180.0])
LATITUDES = st.floats(-90, 90) | st.sampled_from([-90.0, -89.999999, 0.0, 5e-324, 90.0])
RADII = st.floats(0, 2.1e7) | st.sampled_from([0.0, 0.001, 1.0, 1000.0, 10_007_557.2])


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
@example(0.0, 0.0, 180.0, 0.0)
@example(21.0, 90.0, -100.0, -90.0)
def test_distances_are_those_of_an_independent_haversine(
    longitude: float, latitude: float, other_longitude: float, other_latitude: float
) -> None:
    """Both agree to a metre on the same sphere."""
    ours = great_circle_metres(longitude, latitude, other_longitude, other_latitude)
    kilometres = haversine((latitude, longitude), (other_latitude, other_longitude))
    # That library's sphere has the same radius, 6371.0088 km.
    assert abs(ours - kilometres * 1000) < 1
    assert haversine((0, 0), (0, 1), unit=Unit.METERS) == great_circle_metres(0, 0, 1, 0)


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
def test_distances_are_those_on_the_ellipsoid_within_a_bound(
    longitude: float, latitude: float, other_longitude: float, other_latitude: float
) -> None:
    """They differ by at most 0.6 %, plus a millimetre for places that almost coincide."""
    ours = great_circle_metres(longitude, latitude, other_longitude, other_latitude)
    exact = Geodesic.WGS84.Inverse(
        latitude, longitude, other_latitude, other_longitude, Geodesic.DISTANCE
    )["s12"]
    assert abs(ours - exact) <= 0.006 * exact + 0.001


@given(LONGITUDES, LATITUDES, RADII, LONGITUDES, LATITUDES)
@example(179.9, 10.0, 50_000.0, -179.9, 10.0)
@example(0.0, 89.9, 50_000.0, 180.0, 89.9)
@example(0.0, 60.0, 1.0, 0.00000899, 60.0000000001)
def test_a_box_around_a_circle_holds_all_of_it(
    longitude: float, latitude: float, radius: float, other_longitude: float, other_latitude: float
) -> None:
    """No place within the radius is outside the box."""
    box = box_around(longitude, latitude, radius)
    assert -180 <= box.west <= 180
    assert -180 <= box.east <= 180
    assert -90 <= box.south <= box.north <= 90
    if great_circle_metres(longitude, latitude, other_longitude, other_latitude) <= radius:
        assert box.contains(other_longitude, other_latitude)


def test_a_box_around_a_circle_is_not_much_wider() -> None:
    """Its edges touch the circle."""
    box = box_around(21.0, 52.0, 10_000)
    assert abs(great_circle_metres(21.0, 52.0, 21.0, box.north) - 10_000) < 1
    assert 10_000 <= great_circle_metres(21.0, 52.0, box.east, 52.0) < 10_010
    assert box_around(179.99, 0, 10_000).crosses_antimeridian
    assert box_around(-179.99, 0, 10_000).crosses_antimeridian


def test_a_box_holds_its_edges_and_may_cross_the_antimeridian() -> None:
    """A box that crosses it contains both sides of 180 degrees, and its edges."""
    box = Box(170, -10, -170, 10)
    assert all(box.contains(*place) for place in [(170, -10), (180, 0), (-180, 0), (-170, 10)])
    assert not any(box.contains(*place) for place in [(169.9, 0), (-169.9, 0), (0, 0), (180, 10.1)])
    assert Box(5, 5, 5, 5).contains(5, 5)


@given(LONGITUDES, LONGITUDES, LONGITUDES)
@example(170.0, 180.0, -180.0)
@example(-180.0, -170.0, 180.0)
@example(180.0, 180.0, -180.0)
@example(-180.0, -180.0, 180.0)
def test_a_box_does_not_depend_on_how_the_antimeridian_is_written(
    west: float, east: float, longitude: float
) -> None:
    """It contains a longitude if the same one plus or minus 360 is between its edges, exactly."""
    start, width = Fraction(west), Fraction(east) - Fraction(west) + (360 if west > east else 0)
    turns = [Fraction(longitude) + turn for turn in (-360, 0, 360)]
    is_inside = any(start <= each <= start + width for each in turns)
    assert Box(west, -1, east, 1).contains(longitude, 0) == is_inside


def test_the_narrower_box_is_chosen() -> None:
    """A box around rooms on both sides of the antimeridian does not span the world."""
    assert narrower_box(Box(-179, 0, 178, 1), 178, -179) == Box(178, 0, -179, 1)
    assert narrower_box(Box(-10, 0, 20, 1), 20, -10) == Box(-10, 0, 20, 1)
    assert narrower_box(Box(10, 0, 20, 1), 10, None) == Box(10, 0, 20, 1)


def test_the_longest_distance_is_half_the_circumference() -> None:
    """It is the distance from a place to its antipode."""
    assert abs(great_circle_metres(21, 52, -159, -52) - 3.141592653589793 * EARTH_RADIUS) < 1


METRES = st.floats(0, HALF_WAY) | st.sampled_from([0.0, 1.0, 1000.0, 10_007_557.2, HALF_WAY])


@given(LONGITUDES, LATITUDES, METRES, METRES, LONGITUDES, LATITUDES, st.sampled_from([8, 100]))
@example(180.0, 90.0, 10_935_822.0, 10_939_766.0, 30.0, -8.36, 8)
@example(0.0, -90.0, 7_913_783.0, 10_269_140.0, -170.0, 1.7, 20)
@example(0.0, 0.0, 0.0, HALF_WAY, 180.0, 0.0, 8)
def test_circles_over_a_ring_hold_all_of_it(
    longitude: float,
    latitude: float,
    one: float,
    another: float,
    other_longitude: float,
    other_latitude: float,
    most: int,
) -> None:
    """Every place between the two distances is inside a circle."""
    inner, outer = sorted((one, another))
    circles = circles_over_ring(longitude, latitude, inner, outer, most)
    assert len(circles) <= most
    place = other_longitude, other_latitude
    if inner <= great_circle_metres(longitude, latitude, *place) <= outer:
        assert any(
            great_circle_metres(each.longitude, each.latitude, *place) <= each.metres
            for each in circles
        )


def test_circles_over_a_narrow_ring_hold_little_else() -> None:
    """A distant page reads a small fraction of the nearer rooms."""
    for longitude, latitude, inner in ((13.4, 52.5, 9e6), (-70.0, -33.0, 12e6), (0.0, 90.0, 1e6)):
        circles = circles_over_ring(longitude, latitude, inner, inner + 1000, 500)
        nearer = inner if inner < HALF_WAY / 2 else HALF_WAY - inner
        assert sum(each.metres**2 for each in circles) < nearer**2 / 20
        for each in circles:
            distance = great_circle_metres(longitude, latitude, each.longitude, each.latitude)
            assert abs(distance - inner - 500) < 1


@given(LONGITUDES, LATITUDES)
def test_an_antipode_is_half_a_turn_away(longitude: float, latitude: float) -> None:
    """It is a valid place, half way around the earth within the formula's error."""
    other = antipode(longitude, latitude)
    assert -180 <= other[0] <= 180
    assert great_circle_metres(longitude, latitude, *other) > HALF_WAY - 1
