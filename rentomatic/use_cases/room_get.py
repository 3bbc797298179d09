"""Show one room."""

from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.repository.interface import RepositoryUnavailableError, RoomRepository
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_get import RoomGetRequest
from rentomatic.responses import (
    Response,
    ResponseFailure,
    ResponseSuccess,
    ResponseTypes,
    build_response_from_invalid_request,
)
from rentomatic.use_cases.unavailable import unavailable


def room_get_use_case(
    repository: RoomRepository, request: RoomGetRequest | InvalidRequest
) -> Response[Room]:
    """Find the room with this code."""
    if not request:
        return build_response_from_invalid_request(request)
    try:
        room = repository.get(request.code)
    except RepositoryUnavailableError as error:
        return unavailable(error)
    return no_such_room(request.code) if room is None else ResponseSuccess(room)


def no_such_room(code: UUID) -> ResponseFailure:
    """Say that there is none."""
    return ResponseFailure(ResponseTypes.RESOURCE_ERROR, f"There is no room with the code {code}")
