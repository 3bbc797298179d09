"""Map rooms."""

from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import Mapped
from rentomatic.requests.room_map import RoomMapRequest
from rentomatic.responses import Response, ResponseSuccess
from rentomatic.use_cases.outcomes import use_case


@use_case
def room_map_use_case(repository: RoomRepository, request: RoomMapRequest) -> Response[Mapped]:
    """Count the selected rooms in the cells of a grid."""
    return ResponseSuccess(repository.map_rooms(request))
