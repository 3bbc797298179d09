"""Summarize rooms."""

from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import Summarized
from rentomatic.requests.room_summary import RoomSummaryRequest
from rentomatic.responses import Response, ResponseSuccess
from rentomatic.use_cases.outcomes import use_case


@use_case
def room_summary_use_case(
    repository: RoomRepository, request: RoomSummaryRequest
) -> Response[Summarized]:
    """Summarize the selected rooms."""
    return ResponseSuccess(repository.summarize(request))
