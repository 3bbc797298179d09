"""Name the present state of the stock."""

from rentomatic.repository.interface import RepositoryUnavailableError, RoomRepository
from rentomatic.responses import Response, ResponseSuccess
from rentomatic.use_cases.unavailable import unavailable


def stock_version_use_case(repository: RoomRepository) -> Response[str | None]:
    """Tell which state of the stock a search would show; None where the store cannot tell."""
    try:
        return ResponseSuccess(repository.version())
    except RepositoryUnavailableError as error:
        return unavailable(error)
