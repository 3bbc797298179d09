"""Find what is new among the rooms of a search."""

from dataclasses import dataclass

from rentomatic.domain.room import Room
from rentomatic.domain.room_times import News, RoomTimes
from rentomatic.repository.interface import RoomRepository
from rentomatic.requests.room_feed import FEED_ROOMS, RoomFeedRequest
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_order import ADDED, SortKey
from rentomatic.responses import FEED_NEEDS_TIMES, Response, ResponseSuccess
from rentomatic.use_cases.outcomes import use_case

_NEWEST_FIRST = (SortKey(ADDED, descending=True),)


@dataclass(frozen=True, slots=True)
class Feed:
    """What is new, the latest first.

    Attributes:
        version: the data version that it shows.
    """

    news: list[News]
    version: str | None = None


@use_case
def room_feed_use_case(repository: RoomRepository, request: RoomFeedRequest) -> Response[Feed]:
    """Find the newest of the selected rooms and, if that is asked for, those whose price fell.

    There are at most FEED_ROOMS, each once.
    """
    newest = RoomListRequest(*request.conditions, limit=FEED_ROOMS, order=_NEWEST_FIRST)
    page = repository.search(newest)
    rooms = {each.code: each for each in page.rooms}
    if request.price_falls:
        rooms |= {each.code: each for each in repository.fallen(request.selection, FEED_ROOMS)}
    times = repository.times(rooms)
    if times is None:
        return FEED_NEEDS_TIMES
    # A room that was removed meanwhile has no times.
    news = [
        _news(room, times[code], falls=request.price_falls)
        for code, room in rooms.items()
        if code in times
    ]
    news.sort(key=lambda each: each.at, reverse=True)
    return ResponseSuccess(Feed(news[:FEED_ROOMS], page.version))


def _news(room: Room, times: RoomTimes, *, falls: bool) -> News:
    if falls and times.price_fell_at:
        return News(room, times, times.price_fell_at, times.former_price)
    return News(room, times, times.added_at)
