"""Count rooms."""

from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import Total
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.responses import Response, ResponseSuccess
from rentomatic.use_cases.outcomes import use_case

# More rooms are not counted: that takes a thousand times as long, and nobody looks at them all.
MOST_COUNTED = 1_000


@use_case
def room_count_use_case(
    repository: RoomRepository, request: RoomSelection, most: int = MOST_COUNTED
) -> Response[Total]:
    """Count the selected rooms, or one more than `most` if there are more."""
    return ResponseSuccess(repository.count_some(request, most + 1))
