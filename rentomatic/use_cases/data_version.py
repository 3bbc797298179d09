"""Return the data version."""

from rentomatic.repository.interface import RoomRepository
from rentomatic.responses import Response, ResponseSuccess
from rentomatic.use_cases.outcomes import use_case


@use_case
def data_version_use_case(repository: RoomRepository) -> Response[str | None]:
    """Return the version that a search would show; None if the store has none."""
    return ResponseSuccess(repository.version())
