"""Name the present state of all rooms."""

from rentomatic.repository.interface import RoomRepository
from rentomatic.responses import Response, ResponseSuccess
from rentomatic.use_cases.outcomes import use_case


@use_case
def stock_version_use_case(repository: RoomRepository) -> Response[str | None]:
    """Return the name of the state that a search would show; None if the store has no such name."""
    return ResponseSuccess(repository.version())
