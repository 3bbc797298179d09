"""The rows of sql/room_page.sql and sql/room_summary.sql become pages and summaries."""

from collections.abc import Sequence
from itertools import starmap
from typing import Any, TypeVar

from rentomatic.domain.geography import Box, narrower_box
from rentomatic.domain.room import Room
from rentomatic.domain.room_map import Cell, Grid, mean_degrees
from rentomatic.domain.room_summary import (
    AmountSummary,
    CityCount,
    RoomSummary,
    bars_of,
    histogram_of,
    quartiles_of,
)
from rentomatic.repository.results import Page, Total
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_list import EXACT, RoomListRequest
from rentomatic.requests.room_order import ADDED, ranked
from rentomatic.requests.room_similar import COMPARED_ROOMS

T = TypeVar("T")

_ROOM = Room.__slots__
# Where a row of a map has the number of rooms of its cell.
_COUNTED = 4


def page_of(request: RoomListRequest, rows: Sequence[Sequence[Any]]) -> Page:
    """Make a page of one row or more; the only row of a page without rooms has a null code."""
    counted = ("total",) if request.count == EXACT else ()
    measured = (DISTANCE,) if request.near else ()
    columns = (*counted, "version", *measured, ADDED, *_ROOM)
    first = dict(zip(columns, rows[0], strict=True))
    total = Total(first["total"], is_exact=True) if counted else None
    shown = rows[: request.limit] if first["code"] is not None else ()
    following = None
    if len(rows) > len(shown) > 0:
        last = dict(zip(columns, shown[-1], strict=True))
        following = tuple(ranked(key.name, last[key.name]) for key in request.order)
    return Page(Room.trusted_many(shown), following, total, first["version"])


def similar_of(rows: Sequence[Sequence[Any]]) -> Page | None:
    """Make a page from the rows of sql/room_similar.sql; None if it compared too many rooms."""
    version, compared, code, *_ = rows[0]
    if compared > COMPARED_ROOMS:
        return None
    return Page([] if code is None else Room.trusted_many(rows), version=version)


def summary_of(rows: Sequence[Any]) -> RoomSummary:
    """Make a summary from named tuples, one for each amount; counts of a sample are multiplied."""
    whole = rows[0]
    box = None
    if whole.selected:
        box = Box(whole.west, whole.south, whole.east, whole.north)
        box = narrower_box(box, whole.first_east, whole.last_west)
    return RoomSummary(
        whole.selected * whole.weight,
        box,
        {row.name: _amount_summary(row) for row in rows},
        histogram_of(_counts(whole, whole.bedrooms, whole.bedrooms_shown)),
        tuple(starmap(CityCount, _counts(whole, whole.cities, whole.cities_shown).items())),
    )


def _counts(row: Any, values: Sequence[T], shown: Sequence[int]) -> dict[T, int]:  # noqa: ANN401 - as below
    """Return the number of rooms of each value."""
    return {value: count * row.weight for value, count in zip(values, shown, strict=True)}


def cells_of(rows: Sequence[Any], grid: Grid) -> tuple[Cell, ...]:
    """Make cells from the rows of sql/room_map.sql; the only row of an empty map has no count."""
    return tuple(_cell(row, grid) for row in rows if row[_COUNTED])


def rooms_in(rows: Sequence[Any]) -> int:
    """Return how many rooms were counted for the rows of sql/room_map.sql."""
    return sum(row[_COUNTED] or 0 for row in rows)


def _cell(row: Sequence[Any], grid: Grid) -> Cell:
    _, weight, y, x, count, lowest, longitudes, latitudes, *room = row
    return Cell(
        grid.box_of(y, x),
        count * weight,
        lowest,
        mean_degrees(longitudes, count),
        mean_degrees(latitudes, count),
        Room.trusted(room) if room[0] is not None else None,
    )


def _amount_summary(row: Any) -> AmountSummary:  # noqa: ANN401 - a named tuple of the cursor's
    histogram = bars_of(row.width, _counts(row, row.numbers, row.shown))
    if not row.selected:
        return AmountSummary(None, None, None, None, histogram)
    quartiles = quartiles_of(row.selected, zip(row.low, row.high, strict=True))
    mean = int(row.total) / row.selected
    return AmountSummary(row.minimum, row.maximum, mean, quartiles, histogram)
