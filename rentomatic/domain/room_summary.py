"""Summaries of rooms: numbers for sliders, histograms and maps."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from math import ceil, floor

from rentomatic.domain.geography import Box, box_of
from rentomatic.domain.room import FIELDS, Room

# A store may estimate a summary of more rooms from a sample: all of them would be read.
SUMMARIZED_ROOMS = 50_000
MAX_BARS = 20
MAX_CITIES = 10
QUARTILES = (0.25, 0.5, 0.75)

# Round widths for the bars of a histogram: 1, 2, 5, 10, ... beyond the greatest price.
STEPS = tuple(digit * 10**power for power in range(16) for digit in (1, 2, 5))


@dataclass(frozen=True, slots=True)
class Bar:
    """The number of rooms with at least `start` and less than `end`."""

    start: int
    end: int
    count: int


@dataclass(frozen=True, slots=True)
class AmountSummary:
    """The distribution of an amount.

    Attributes:
        minimum: the smallest amount; None if there are no rooms, as for the next three.
        maximum: the greatest amount.
        mean: the arithmetic mean.
        quartiles: the first, second and third quartile, with linear interpolation between two
            rooms (type 7 of R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages",
            The American Statistician 50 (1996), p. 361).
        histogram: adjacent bars of one round width, from the smallest amount to the greatest.
    """

    minimum: int | None
    maximum: int | None
    mean: float | None
    quartiles: tuple[float, ...] | None
    histogram: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class CityCount:
    """The number of rooms in a city, however it is spelt; `name` is the most frequent spelling."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """A summary of the selected rooms.

    Attributes:
        count: how many rooms are selected.
        bbox: the box around them; None if there are no rooms.
        amounts: the distribution of each amount, by field. A histogram ignores the filters of its
            own field, so that a slider shows what lies beyond its handles.
        bedrooms: a histogram of the rooms that have the field; it ignores its filters, too.
        cities: the MAX_CITIES most frequent cities, the most frequent first.
    """

    count: int
    bbox: Box | None
    amounts: Mapping[str, AmountSummary]
    bedrooms: tuple[Bar, ...] = ()
    cities: tuple[CityCount, ...] = ()


def summarize(
    rooms: Sequence[Room],
    beyond: Mapping[str, Collection[int]],
    bedrooms: Iterable[int | None] = (),
) -> RoomSummary:
    """Summarize rooms.

    Args:
        rooms: the selected rooms.
        beyond: for each field that is an amount, the amounts of the rooms that would be selected
            without the filters of that field.
        bedrooms: the bedrooms of the rooms that would be selected without filters of this field.
    """
    amounts = {
        name: _summarize([getattr(room, name) for room in rooms], counted)
        for name, counted in beyond.items()
    }
    return RoomSummary(
        len(rooms),
        box_of([room.place for room in rooms]) if rooms else None,
        amounts,
        histogram_of(Counter(each for each in bedrooms if each is not None)),
        _cities_of([room.city for room in rooms if room.city is not None]),
    )


def _cities_of(names: Iterable[str]) -> tuple[CityCount, ...]:
    spellings: dict[str, Counter[str]] = {}
    for name in names:
        spellings.setdefault(FIELDS["city"].kind.compared(name), Counter())[name] += 1
    most = nsmallest(MAX_CITIES, spellings.items(), key=lambda each: (-each[1].total(), each[0]))
    return tuple(CityCount(_most_frequent(spelt), spelt.total()) for _, spelt in most)


def _most_frequent(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda name: (-spellings[name], name))


def _summarize(amounts: Sequence[int], beyond: Collection[int]) -> AmountSummary:
    ordered = sorted(amounts)
    histogram = histogram_of(Counter(beyond))
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
    """Return the positions of the quartiles among `count` sorted amounts, from 0."""
    return [share * (count - 1) for share in QUARTILES]


def quartiles_of(count: int, neighbours: Iterable[tuple[int, int]]) -> tuple[float, ...]:
    """Interpolate each quartile of `count` amounts between the amounts on both sides of it."""
    return tuple(
        low + place % 1 * (high - low)
        for place, (low, high) in zip(quartile_places(count), neighbours, strict=True)
    )


def bars_of(width: int, counts: Mapping[int, int]) -> tuple[Bar, ...]:
    """Return adjacent bars; `counts` has the count of each bar, numbered from the one at 0."""
    numbers = range(min(counts), max(counts) + 1) if counts else ()
    return tuple(Bar(each * width, (each + 1) * width, counts.get(each, 0)) for each in numbers)


def histogram_of(counts: Mapping[int, int]) -> tuple[Bar, ...]:
    """Return at most MAX_BARS bars of a round width; `counts` has the count of each amount."""
    if not counts:
        return ()
    least, greatest = min(counts), max(counts)
    width = next(each for each in STEPS if greatest // each - least // each < MAX_BARS)
    bars: Counter[int] = Counter()
    for amount, count in counts.items():
        bars[amount // width] += count
    return bars_of(width, bars)
