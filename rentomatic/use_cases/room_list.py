"""Search rooms."""

from collections.abc import Iterable

from rentomatic.domain.room import Room
from rentomatic.repository.interface import RepositoryUnavailableError, RoomRepository
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.responses import (
    UNAVAILABLE,
    Response,
    ResponseSuccess,
    build_response_from_invalid_request,
)


def room_list_use_case(
    repository: RoomRepository, request: RoomListRequest | InvalidRequest
) -> Response[Iterable[Room]]:
    """Find the rooms that pass all filters, in the order in which they were added."""
    if not request:
        return build_response_from_invalid_request(request)
    try:
        return ResponseSuccess(repository.search(request))
    except RepositoryUnavailableError:
        return UNAVAILABLE
