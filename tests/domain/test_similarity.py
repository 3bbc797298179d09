"""How different two rooms are."""

from collections.abc import Callable
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.domain.geography import Near
from rentomatic.domain.room import Room
from rentomatic.domain.similarity import difference, least_difference

MakeRoom = Callable[..., Room]
# A kilometre northwards, in degrees.
KILOMETRE = 0.008993216


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 0),
        ({"latitude": 52 + KILOMETRE}, 1),
        ({"price": 125}, 1),
        ({"price": 80}, 1),
        ({"size": 62_500}, 1),
        ({"size": 40_000}, 1),
        ({"price": 125, "size": 40_000, "latitude": 52 - 2 * KILOMETRE}, 4),
        ({"price": 100_000}, 30.957),
        ({"price": 0}, 20.638),
        ({"price": 1}, 20.638),
    ],
)
def test_a_kilometre_counts_as_much_as_a_quarter_more(
    make_room: MakeRoom, fields: dict[str, float], expected: float
) -> None:
    """Distance, the ratio of prices and that of sizes are added; a price of 0 counts as 1."""
    room = make_room(1, size=50_000)
    other = make_room(2, **{"size": 50_000, **fields})
    assert difference(room, other) == pytest.approx(expected, rel=1e-4)


AMOUNTS = st.integers(1, 10) | st.sampled_from([2**31 - 1])
PLACES = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@given(
    prices=st.tuples(st.integers(0, 3) | AMOUNTS, st.integers(0, 3) | AMOUNTS),
    sizes=st.tuples(AMOUNTS, AMOUNTS),
    places=st.tuples(PLACES, PLACES),
)
def test_it_has_no_direction_and_is_at_least_what_the_distance_makes(
    make_room: MakeRoom,
    prices: tuple[int, int],
    sizes: tuple[int, int],
    places: tuple[tuple[float, float], tuple[float, float]],
) -> None:
    """So rooms beyond a distance need not be compared once better ones are known."""
    one, other = (
        make_room(n, price=prices[n], size=sizes[n], longitude=places[n][0], latitude=places[n][1])
        for n in (0, 1)
    )
    assert difference(one, other) == difference(other, one)
    assert isfinite(difference(one, other))
    assert difference(one, other) >= least_difference(Near(*one.place).metres_to(*other.place))
