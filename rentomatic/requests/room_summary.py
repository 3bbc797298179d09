"""The request for a summary of a search."""

from dataclasses import dataclass

from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.parsers import ListText
from rentomatic.requests.room_conditions import Condition
from rentomatic.requests.room_selection import RoomSelection, SelectionReader


@dataclass(frozen=True, slots=True)
class RoomSummaryRequest(RoomSelection):
    """A summary of the selected rooms."""


def build_room_summary_request(  # noqa: PLR0913 - each is a parameter of the contract
    filters: object = None,
    *,
    bbox: ListText | None = None,
    near: ListText | None = None,
    q: str | None = None,
    filter: str | Condition | None = None,  # noqa: A002 - as the parameter is called
    radius: str | float | None = None,
    radius_min: str | float | None = None,
) -> RoomSummaryRequest | InvalidRequest:
    """Read which rooms to sum up; the parameters are those of `build_room_list_request`."""
    reader = SelectionReader()
    selection = reader.selection(filters, bbox, near, radius, radius_min, q, filter)
    if reader.errors:
        return InvalidRequest(tuple(reader.errors))
    return RoomSummaryRequest(*selection.conditions)
