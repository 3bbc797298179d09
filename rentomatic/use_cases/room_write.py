"""Add, replace, change and remove single rooms."""

from dataclasses import dataclass
from uuid import UUID

from rentomatic.domain.room import FIELDS, Room
from rentomatic.repository.interface import RoomRepository
from rentomatic.requests.room_write import (
    CODE,
    IsExpected,
    RoomAddRequest,
    RoomRemoveRequest,
    RoomReplaceRequest,
    RoomUpdateRequest,
    any_room,
)
from rentomatic.responses import Response, ResponseFailure, ResponseSuccess, ResponseTypes
from rentomatic.use_cases.outcomes import use_case
from rentomatic.use_cases.room_get import no_such_room

CHANGED = ResponseFailure(
    ResponseTypes.PRECONDITION_ERROR,
    "The room is not the expected one; read it again",
)


@dataclass(frozen=True, slots=True)
class Written:
    """A room as it is now, and whether it is new."""

    room: Room
    is_new: bool


@use_case
def room_add_use_case(repository: RoomRepository, request: RoomAddRequest) -> Response[Room]:
    """Add a room; an existing one with its code stays unchanged."""
    added = repository.add(request.room)
    return ResponseSuccess(request.room) if added else exists(request.room.code)


def exists(code: UUID) -> ResponseFailure:
    """Say that a room has this code already."""
    message = f"There is already a room with the code {code}"
    return ResponseFailure(ResponseTypes.CONFLICT_ERROR, message)


@use_case
def room_replace_use_case(
    repository: RoomRepository, request: RoomReplaceRequest
) -> Response[Written]:
    """Replace the room with this code, or add it."""
    room = request.room
    if request.only_add:
        added = repository.add(room)
        return ResponseSuccess(Written(room, is_new=True)) if added else CHANGED
    if request.is_expected is None:
        return ResponseSuccess(Written(room, is_new=repository.put(room)))
    seen = _look(repository, room.code, request.is_expected)
    # The fields that it lacks are removed.
    values = {name: getattr(room, name) for name in FIELDS if name != CODE}
    if not seen or repository.update(room.code, values, seen.room) is None:
        return CHANGED
    return ResponseSuccess(Written(room, is_new=False))


@use_case
def room_update_use_case(repository: RoomRepository, request: RoomUpdateRequest) -> Response[Room]:
    """Change some fields of a room."""
    seen = _look(repository, request.code, request.is_expected)
    if not seen:
        return CHANGED
    room = repository.update(request.code, request.values, seen.room)
    return _not_there(request) if room is None else ResponseSuccess(room)


@use_case
def room_remove_use_case(repository: RoomRepository, request: RoomRemoveRequest) -> Response[UUID]:
    """Remove a room."""
    seen = _look(repository, request.code, request.is_expected)
    if not seen:
        return CHANGED
    removed = repository.remove(request.code, seen.room)
    return ResponseSuccess(request.code) if removed else _not_there(request)


def _not_there(request: RoomUpdateRequest | RoomRemoveRequest) -> ResponseFailure:
    return CHANGED if request.is_expected else no_such_room(request.code)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The room that a write builds on; None where any will do."""

    room: Room | None = None


def _look(repository: RoomRepository, code: UUID, is_expected: IsExpected | None) -> _Seen | None:
    """Find the expected room; the write itself checks that it has not changed since."""
    if is_expected is None or is_expected is any_room:
        return _Seen()
    room = repository.get(code)
    return _Seen(room) if room and is_expected(room) else None
