"""Read what has changed."""

from rentomatic.repository.interface import RoomChanges
from rentomatic.repository.results import ChangePage
from rentomatic.requests.room_changes import RoomChangesRequest
from rentomatic.responses import CHANGES_NEED_POSTGRES, Response, ResponseSuccess
from rentomatic.use_cases.outcomes import use_case


@use_case
def room_changes_use_case(
    changes: RoomChanges | None, request: RoomChangesRequest
) -> Response[ChangePage]:
    """Return the changes behind a position, in order; `changes` is None where none are kept."""
    return ResponseSuccess(changes.read(request)) if changes else CHANGES_NEED_POSTGRES
