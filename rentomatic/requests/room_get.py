"""The request for one room."""

from dataclasses import dataclass
from uuid import UUID

from rentomatic.requests.base import InvalidRequest, ParameterError, ValidRequest
from rentomatic.requests.parsers import parse_uuid


@dataclass(frozen=True, slots=True)
class RoomGetRequest(ValidRequest):
    """The room with this code."""

    code: UUID


def build_room_get_request(code: str | UUID) -> RoomGetRequest | InvalidRequest:
    """Read which room is requested."""
    try:
        return RoomGetRequest(code if isinstance(code, UUID) else parse_uuid(code))
    except ValueError as problem:
        return InvalidRequest((ParameterError("code", str(problem)),))
