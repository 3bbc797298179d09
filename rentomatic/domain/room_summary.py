"""What rooms have in common: numbers for sliders, histograms and maps."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from rentomatic.domain.geography import Box, narrower_box
from rentomatic.domain.room import Room

MAX_BARS = 20
QUARTILES = (0.25, 0.5, 0.75)

# Round widths for the bars of a histogram: 1, 2, 5, 10, ... beyond the greatest price.
STEPS = tuple(digit * 10**power for power in range(16) for digit in (1, 2, 5))


@dataclass(frozen=True, slots=True)
class Bar:
    """How many rooms have at least `start` and less than `end`."""

    start: int
    end: int
    count: int


@dataclass(frozen=True, slots=True)
class AmountSummary:
    """How an amount is spread.

    Attributes:
        minimum: the least; None where there is no room.
        maximum: the greatest.
        mean: the arithmetic mean.
        quartiles: what a quarter, a half and three quarters of the rooms do not exceed; between
            two rooms by linear interpolation (type 7 of R. J. Hyndman and Y. Fan, "Sample
            Quantiles in Statistical Packages", The American Statistician 50 (1996), p. 361).
        histogram: adjoining bars of one round width, from the least amount to the greatest.
    """

    minimum: int | None
    maximum: int | None
    mean: float | None
    quartiles: tuple[float, ...] | None
    histogram: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """What the selected rooms have in common.

    Attributes:
        count: how many there are.
        bbox: the box that holds all of them; None where there is none.
        amounts: by field, how it is spread; its histogram counts rooms whatever the filters of
            this one field say, so that a slider shows what lies beyond its handles.
    """

    count: int
    bbox: Box | None
    amounts: Mapping[str, AmountSummary]


def summarize(rooms: Sequence[Room], beyond: Mapping[str, Collection[int]]) -> RoomSummary:
    """Sum up rooms.

    Args:
        rooms: the selected rooms.
        beyond: for each field that is an amount, those of the rooms that only filters of this
            field keep out, and of the selected ones.
    """
    amounts = {
        name: _sum_up([getattr(room, name) for room in rooms], counted)
        for name, counted in beyond.items()
    }
    return RoomSummary(len(rooms), _box_of(rooms), amounts)


def _box_of(rooms: Sequence[Room]) -> Box | None:
    if not rooms:
        return None
    longitudes = [room.longitude for room in rooms]
    latitudes = [room.latitude for room in rooms]
    return narrower_box(
        Box(min(longitudes), min(latitudes), max(longitudes), max(latitudes)),
        min((each for each in longitudes if each >= 0), default=None),
        max((each for each in longitudes if each < 0), default=None),
    )


def _sum_up(amounts: Sequence[int], beyond: Collection[int]) -> AmountSummary:
    ordered = sorted(amounts)
    histogram = _histogram(beyond)
    if not ordered:
        return AmountSummary(None, None, None, None, histogram)
    places = quartile_places(len(ordered))
    return AmountSummary(
        ordered[0],
        ordered[-1],
        sum(ordered) / len(ordered),
        quartiles_of(len(ordered), [(ordered[floor(at)], ordered[ceil(at)]) for at in places]),
        histogram,
    )


def quartile_places(count: int) -> list[float]:
    """Tell where the quartiles of so many ordered amounts lie, from 0: at one, or between two."""
    return [share * (count - 1) for share in QUARTILES]


def quartiles_of(count: int, neighbours: Iterable[tuple[int, int]]) -> tuple[float, ...]:
    """Interpolate each quartile of so many amounts between those on both sides of its place."""
    return tuple(
        low + place % 1 * (high - low)
        for place, (low, high) in zip(quartile_places(count), neighbours, strict=True)
    )


def bars_of(width: int, counts: Mapping[int, int]) -> tuple[Bar, ...]:
    """Give adjoining bars of a width; `counts` has their numbers, from the one that starts at 0."""
    numbers = range(min(counts), max(counts) + 1) if counts else ()
    return tuple(Bar(each * width, (each + 1) * width, counts.get(each, 0)) for each in numbers)


def _histogram(amounts: Collection[int]) -> tuple[Bar, ...]:
    if not amounts:
        return ()
    least, greatest = min(amounts), max(amounts)
    width = next(each for each in STEPS if greatest // each - least // each < MAX_BARS)
    return bars_of(width, Counter(amount // width for amount in amounts))
