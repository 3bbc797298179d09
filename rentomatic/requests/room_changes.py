"""The request for changes."""

from dataclasses import dataclass
from enum import StrEnum

from rentomatic.requests.base import InvalidRequest, ParameterError, ValidRequest
from rentomatic.requests.parsers import parse_integer, shown
from rentomatic.requests.room_changes_cursor import ChangePosition, read_changes_cursor

DEFAULT_CHANGES = 100
MAX_CHANGES = 1000


class Start(StrEnum):
    """Where a reader without a cursor may begin."""

    OLDEST = "0"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class RoomChangesRequest(ValidRequest):
    """The changes after a position, or from where to begin; NOW has no changes yet."""

    since: ChangePosition | Start
    limit: int = DEFAULT_CHANGES


def build_room_changes_request(
    since: str | int | None = None, limit: str | int = DEFAULT_CHANGES
) -> RoomChangesRequest | InvalidRequest:
    """Read which changes are requested; `requests/parameters.py` says what they mean."""
    errors: list[ParameterError] = []
    begin = _read_since(None if since is None else str(since), errors)
    most = _read_limit(str(limit), errors)
    return InvalidRequest(tuple(errors)) if errors else RoomChangesRequest(begin, most)


def _read_since(given: str | None, errors: list[ParameterError]) -> ChangePosition | Start:
    wanted = (
        f"{Start.NOW} to begin, {Start.OLDEST} for the oldest change that is kept, "
        "or the cursor of the previous answer"
    )
    if given is None:
        errors.append(ParameterError("since", f"is missing; give {wanted}"))
        return Start.NOW
    if given in list(Start):
        return Start(given)
    try:
        return read_changes_cursor(given)
    except ValueError:
        errors.append(ParameterError("since", f"must be {wanted}, not {shown(given)}"))
        return Start.NOW


def _read_limit(text: str, errors: list[ParameterError]) -> int:
    try:
        limit = parse_integer(text)
    except ValueError:
        limit = 0
    if not 1 <= limit <= MAX_CHANGES:
        message = f"must be an integer from 1 to {MAX_CHANGES}, not {shown(text)}"
        errors.append(ParameterError("limit", message))
    return limit
