"""Show one room."""

from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.repository.interface import RoomRepository
from rentomatic.requests.room_get import RoomGetRequest
from rentomatic.responses import Response, ResponseFailure, ResponseSuccess, ResponseTypes
from rentomatic.use_cases.outcomes import use_case


@use_case
def room_get_use_case(repository: RoomRepository, request: RoomGetRequest) -> Response[Room]:
    """Find the room with this code."""
    room = repository.get(request.code)
    return no_such_room(request.code) if room is None else ResponseSuccess(room)


def no_such_room(code: UUID) -> ResponseFailure:
    """Say that no room has this code."""
    return ResponseFailure(ResponseTypes.RESOURCE_ERROR, f"There is no room with the code {code}")
