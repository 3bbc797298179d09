"""Sum up rooms."""

from rentomatic.repository.interface import (
    RepositoryBusyError,
    RepositoryTimeoutError,
    RepositoryUnavailableError,
    RoomRepository,
    Summarized,
)
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_summary import RoomSummaryRequest
from rentomatic.responses import (
    TOO_MANY_SEARCHES,
    TOOK_TOO_LONG,
    Response,
    ResponseSuccess,
    build_response_from_invalid_request,
)
from rentomatic.use_cases.unavailable import unavailable


def room_summary_use_case(
    repository: RoomRepository, request: RoomSummaryRequest | InvalidRequest
) -> Response[Summarized]:
    """Tell what the selected rooms have in common."""
    if not request:
        return build_response_from_invalid_request(request)
    try:
        return ResponseSuccess(repository.summarize(request))
    except RepositoryTimeoutError:
        return TOOK_TOO_LONG
    except RepositoryBusyError:
        return TOO_MANY_SEARCHES
    except RepositoryUnavailableError as error:
        return unavailable(error)
