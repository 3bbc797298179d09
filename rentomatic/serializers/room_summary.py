"""The JSON of a summary."""

from collections.abc import Sequence
from dataclasses import asdict, astuple
from typing import Any

from rentomatic.domain.room_summary import AmountSummary, Bar
from rentomatic.formats.json import dump_value
from rentomatic.repository.results import Summarized


def dump_summary(found: Summarized) -> bytes:
    """Write a summary as a JSON object; `bbox` is west, south, east, north as in GeoJSON."""
    return dump_value(summary_to_wire(found))


def summary_to_wire(found: Summarized) -> dict[str, Any]:
    """Return a summary in the order in which it is shown; fields that no room has are left out."""
    summary = found.summary
    bedrooms = {"bedrooms": {"histogram": _bars(summary.bedrooms)}} if summary.bedrooms else {}
    cities = {"city": [asdict(each) for each in summary.cities]} if summary.cities else {}
    return {
        "count": summary.count,
        "estimated": not found.is_exact,
        "bbox": summary.bbox and astuple(summary.bbox),
        **{name: _amount(each) for name, each in summary.amounts.items()},
        **bedrooms,
        **cities,
    }


def _amount(amount: AmountSummary) -> dict[str, Any]:
    return {
        "min": amount.minimum,
        "max": amount.maximum,
        "mean": amount.mean,
        "quartiles": amount.quartiles,
        "histogram": _bars(amount.histogram),
    }


def _bars(histogram: Sequence[Bar]) -> list[dict[str, int]]:
    return [{"from": bar.start, "to": bar.end, "count": bar.count} for bar in histogram]
