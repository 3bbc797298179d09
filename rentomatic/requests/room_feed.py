"""The request for a feed: the newest rooms of a search."""

from dataclasses import dataclass

from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.parsers import ListText, parse_flag
from rentomatic.requests.room_conditions import Condition
from rentomatic.requests.room_selection import RoomSelection, SelectionReader

PRICE_FALLS = "price_falls"
# How many rooms a feed has, and how many of the latest falls of prices it looks at.
FEED_ROOMS = 50
LATEST_FALLS = 10_000


@dataclass(frozen=True, slots=True)
class RoomFeedRequest(RoomSelection):
    """The newest of the selected rooms; `price_falls` adds those whose price fell."""

    price_falls: bool = False


def build_room_feed_request(  # noqa: PLR0913 - each is a parameter of the contract
    filters: object = None,
    *,
    bbox: ListText | None = None,
    near: ListText | None = None,
    q: str | None = None,
    filter: str | Condition | None = None,  # noqa: A002 - as the parameter is called
    radius: str | float | None = None,
    radius_min: str | float | None = None,
    price_falls: str | None = None,
) -> RoomFeedRequest | InvalidRequest:
    """Read which rooms a feed has; the others are the parameters of `build_room_list_request`."""
    reader = _Reader()
    selection = reader.selection(filters, bbox, near, radius, radius_min, q, filter)
    falls = price_falls is not None and reader.flag(PRICE_FALLS, price_falls)
    if reader.errors:
        return InvalidRequest(tuple(reader.errors))
    return RoomFeedRequest(*selection.conditions, falls)


class _Reader(SelectionReader):
    def flag(self, name: str, text: str) -> bool:
        try:
            return parse_flag(text)
        except ValueError as problem:
            self.fail(name, str(problem))
            return False
