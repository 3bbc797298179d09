"""Tell what has changed."""

from rentomatic.repository.interface import (
    ChangePage,
    ChangesGoneError,
    RepositoryStandbyError,
    RepositoryUnavailableError,
    RoomChanges,
)
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_changes import RoomChangesRequest
from rentomatic.responses import (
    CHANGES_GONE,
    CHANGES_NEED_POSTGRES,
    CHANGES_ON_STANDBY,
    Response,
    ResponseSuccess,
    build_response_from_invalid_request,
)
from rentomatic.use_cases.unavailable import unavailable


def room_changes_use_case(
    changes: RoomChanges | None, request: RoomChangesRequest | InvalidRequest
) -> Response[ChangePage]:
    """Give the changes behind a position, in their order; `changes` is None where none are kept."""
    if not request:
        return build_response_from_invalid_request(request)
    if changes is None:
        return CHANGES_NEED_POSTGRES
    try:
        return ResponseSuccess(changes.read(request))
    except ChangesGoneError:
        return CHANGES_GONE
    except RepositoryStandbyError:
        return CHANGES_ON_STANDBY
    except RepositoryUnavailableError as error:
        return unavailable(error)
