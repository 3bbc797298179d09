"""Turning the rows of sql/room_summary.sql into a summary."""

from collections.abc import Sequence
from typing import Any

from rentomatic.domain.geography import Box, narrower_box
from rentomatic.domain.room_summary import AmountSummary, RoomSummary, bars_of, quartiles_of


def summary_of(rows: Sequence[Any]) -> RoomSummary:
    """Make a summary from named tuples, one for each amount."""
    whole = rows[0]
    box = None
    if whole.selected:
        box = Box(whole.west, whole.south, whole.east, whole.north)
        box = narrower_box(box, whole.first_east, whole.last_west)
    return RoomSummary(whole.selected, box, {row.name: _amount_summary(row) for row in rows})


def _amount_summary(row: Any) -> AmountSummary:  # noqa: ANN401 - a named tuple of the cursor's
    histogram = bars_of(row.width, dict(zip(row.numbers, row.shown, strict=True)))
    if not row.selected:
        return AmountSummary(None, None, None, None, histogram)
    quartiles = quartiles_of(row.selected, zip(row.low, row.high, strict=True))
    mean = int(row.total) / row.selected
    return AmountSummary(row.minimum, row.maximum, mean, quartiles, histogram)
