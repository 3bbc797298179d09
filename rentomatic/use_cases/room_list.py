"""Search rooms."""

from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import Page
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.responses import Response, ResponseSuccess
from rentomatic.use_cases.outcomes import use_case


@use_case
def room_list_use_case(repository: RoomRepository, request: RoomListRequest) -> Response[Page]:
    """Find the selected rooms behind a position, in the order that the request wants."""
    return ResponseSuccess(repository.search(request))
