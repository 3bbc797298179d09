"""Find rooms that are similar to a room."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from uuid import UUID

from rentomatic.domain.geography import Near
from rentomatic.domain.room import Room
from rentomatic.domain.similarity import difference, least_difference
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import Page
from rentomatic.requests.room_conditions import Filter
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_list import MAX_LIMIT, RoomListRequest
from rentomatic.requests.room_order import CODE, parse_sort
from rentomatic.requests.room_similar import COMPARED_ROOMS, RoomSimilarRequest
from rentomatic.responses import Response, ResponseSuccess
from rentomatic.use_cases.outcomes import use_case
from rentomatic.use_cases.room_get import no_such_room

_NEAREST_FIRST = parse_sort(DISTANCE)
# Usually enough to find a few similar rooms.
_FIRST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Similar:
    """Rooms that are similar to a room.

    Attributes:
        rooms: from the most similar one; equally similar ones are sorted by their codes.
        near: the place from which distances are measured, that of the room.
        version: the data version that they show; None if rooms were written meanwhile.
    """

    rooms: list[Room]
    near: Near
    version: str | None = None


@use_case
def room_similar_use_case(
    repository: RoomRepository, request: RoomSimilarRequest
) -> Response[Similar]:
    """Find the selected rooms that are most similar to a room; among the COMPARED_ROOMS nearest."""
    start = repository.search(RoomListRequest((Filter(CODE, "eq", request.code),), limit=1))
    room = next(iter(start.rooms), None)
    if room is None:
        return no_such_room(request.code)
    found = repository.most_similar(request, room) or _most_similar(repository, request, room)
    version = start.version if found.version == start.version else None
    return ResponseSuccess(Similar(list(found.rooms), request.around(room), version))


def _most_similar(repository: RoomRepository, request: RoomSimilarRequest, room: Room) -> Page:
    """Compare rooms from the nearest to the farthest, until no room farther away can be better.

    A room is at least as different as its distance makes it; see `least_difference`.
    """
    near = request.around(room)
    versions = set()
    compared: dict[UUID, tuple[float, UUID, Room]] = {}
    best: list[tuple[float, UUID, Room]] = []
    for rooms, version in _nearest(repository, request, near):
        versions.add(version)
        compared |= {each.code: (difference(room, each), each.code, each) for each in rooms}
        compared.pop(room.code, None)
        best = nsmallest(request.limit, compared.values())
        # A room farther away that is as similar as the last one may have a smaller code.
        if len(best) == request.limit and best[-1][0] < _least_beyond(rooms, near):
            break
    version = versions.pop() if len(versions) == 1 else None
    return Page([each for *_, each in best], version=version)


def _nearest(
    repository: RoomRepository, request: RoomSimilarRequest, near: Near
) -> Iterator[tuple[list[Room], str | None]]:
    """Yield the nearest selected rooms, COMPARED_ROOMS besides the room itself, page by page."""
    filters, bbox, _, words, condition = request.conditions
    left, limit, after = COMPARED_ROOMS, max(_FIRST_PAGE, 2 * request.limit), None
    while left:
        page = repository.search(
            RoomListRequest(
                *(filters, bbox, near, words, condition),
                limit=min(limit, left, MAX_LIMIT),
                order=_NEAREST_FIRST,
                after=after,
            )
        )
        rooms = list(page.rooms)
        yield rooms, page.version
        if page.next is None:
            return
        left -= sum(each.code != request.code for each in rooms)
        limit, after = MAX_LIMIT, page.next


def _least_beyond(rooms: list[Room], near: Near) -> float:
    """Return how different rooms are at least that are no nearer than the last of these."""
    return least_difference(near.metres_to(*rooms[-1].place)) if rooms else 0.0
