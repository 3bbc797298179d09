"""Search rooms."""

from rentomatic.repository.interface import (
    Page,
    RepositoryBusyError,
    RepositoryTimeoutError,
    RepositoryUnavailableError,
    RoomRepository,
)
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.responses import (
    TOO_MANY_SEARCHES,
    TOO_MANY_STREAMS,
    TOOK_TOO_LONG,
    Response,
    ResponseSuccess,
    build_response_from_invalid_request,
)
from rentomatic.use_cases.unavailable import unavailable


def room_list_use_case(
    repository: RoomRepository, request: RoomListRequest | InvalidRequest
) -> Response[Page]:
    """Find the selected rooms behind a position, in the order that the request wants."""
    if not request:
        return build_response_from_invalid_request(request)
    try:
        return ResponseSuccess(repository.search(request))
    except RepositoryTimeoutError:
        return TOOK_TOO_LONG
    except RepositoryBusyError:
        return TOO_MANY_STREAMS if request.limit is None else TOO_MANY_SEARCHES
    except RepositoryUnavailableError as error:
        return unavailable(error)
