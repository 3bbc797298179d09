"""The request for one room."""

from dataclasses import dataclass
from uuid import UUID

from rentomatic.requests.base import InvalidRequest, ParameterError, ValidRequest
from rentomatic.requests.parsers import as_text, parse_uuid


@dataclass(frozen=True, slots=True)
class RoomGetRequest(ValidRequest):
    """The room with this code."""

    code: UUID


def build_room_get_request(code: str | UUID) -> RoomGetRequest | InvalidRequest:
    """Read which room is wanted."""
    try:
        return RoomGetRequest(parse_uuid(as_text(code)))
    except ValueError as problem:
        return InvalidRequest((ParameterError("code", str(problem)),))
