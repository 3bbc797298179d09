"""Summaries against the standard library's statistics."""

import statistics
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rentomatic.domain.geography import Box
from rentomatic.domain.room import MAX_PRICE, Room
from rentomatic.domain.room_summary import MAX_BARS, STEPS, summarize

AMOUNTS = st.integers(0, 50) | st.integers(0, MAX_PRICE)


def prices(make_room: Callable[..., Room], amounts: list[int]) -> list[Room]:
    """Make rooms with these prices."""
    return [make_room(number, price=price) for number, price in enumerate(amounts, 1)]


@given(amounts=st.lists(AMOUNTS, min_size=2, max_size=60))
def test_the_distribution_is_that_of_the_standard_library(
    make_room: Callable[..., Room], amounts: list[int]
) -> None:
    """Minimum, maximum, mean and inclusive quartiles are the same."""
    summary = summarize(prices(make_room, amounts), {"price": amounts}).amounts["price"]
    assert (summary.minimum, summary.maximum) == (min(amounts), max(amounts))
    assert summary.mean == sum(amounts) / len(amounts)
    expected = statistics.quantiles(amounts, n=4, method="inclusive")
    assert summary.quartiles is not None
    for ours, theirs in zip(summary.quartiles, expected, strict=True):
        assert abs(ours - theirs) <= 1e-15 * max(abs(theirs), 1)


@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=60))
def test_bars_hold_every_amount_once(make_room: Callable[..., Room], amounts: list[int]) -> None:
    """They are adjacent, few enough, and have one round width; both end bars have a count."""
    bars = summarize(prices(make_room, amounts), {"price": amounts}).amounts["price"].histogram
    widths = {bar.end - bar.start for bar in bars}
    assert len(widths) == 1
    assert widths <= set(STEPS)
    assert len(bars) <= MAX_BARS
    assert all(one.end == other.start for one, other in pairwise(bars))
    assert [bar.count for bar in bars] == [
        sum(bar.start <= amount < bar.end for amount in amounts) for bar in bars
    ]
    assert bars[0].count
    assert bars[-1].count


def test_no_rooms_and_one_room_are_summarized(make_room: Callable[..., Room]) -> None:
    """Without rooms there is no box and no distribution; a single room has equal quartiles."""
    nothing = summarize([], {"price": []})
    assert (nothing.count, nothing.bbox) == (0, None)
    assert nothing.amounts["price"].histogram == ()
    one = summarize([make_room(1, price=7)], {"price": [7]})
    assert one.amounts["price"].quartiles == (7, 7, 7)
    assert one.bbox == Box(21.0, 52.0, 21.0, 52.0)


def test_rooms_on_both_sides_of_the_antimeridian_share_a_narrow_box(
    make_room: Callable[..., Room],
) -> None:
    """Its west is then greater than its east, as in GeoJSON."""
    rooms = [make_room(1, longitude=179.5), make_room(2, longitude=-179.0)]
    assert summarize(rooms, {}).bbox == Box(179.5, 52.0, -179.0, 52.0)
