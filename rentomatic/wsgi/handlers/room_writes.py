"""Rooms, written: added, replaced, changed and removed."""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from http import HTTPStatus

from rentomatic.domain.room import Room
from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.formats.table import FORMATS
from rentomatic.formats.view import View
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_get import build_room_get_request
from rentomatic.requests.room_write import (
    IsExpected,
    RoomRemoveRequest,
    any_room,
    build_room_add_request,
    build_room_replace_request,
    build_room_update_request,
)
from rentomatic.responses import ResponseFailure, build_response_from_invalid_request
from rentomatic.use_cases.room_write import (
    room_add_use_case,
    room_remove_use_case,
    room_replace_use_case,
    room_update_use_case,
)
from rentomatic.wsgi.body import wrong_type
from rentomatic.wsgi.conditional import (
    ANY,
    IF_MATCH,
    IF_NONE_MATCH,
    condition_errors,
    entity_tag,
    is_matched,
)
from rentomatic.wsgi.failure import answer_failure
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS, batch_format, import_batch
from rentomatic.wsgi.handlers.rooms import no_room_named
from rentomatic.wsgi.json_body import MERGE_PATCH, read_object
from rentomatic.wsgi.parameters import read_nothing
from rentomatic.wsgi.repetition import Handler, answer_once
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service


def room_add(service: Service, request: Request) -> Answer:
    """Add a room, or a batch of them."""
    if batch := batch_format(request):
        return import_batch(service, request, batch)
    return _add(service, request)


def _checked(
    media_type: str | None, *conditions: str, others: Sequence[str] = ()
) -> Callable[[Handler], Handler]:
    """Refuse what is wrong beside the body; make a write that is sent with a key once.

    Args:
        media_type: of the body; None for none.
        conditions: the headers with which a request may depend on the room that is there.
        others: media types that other handlers of the same method take.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def answer(service: Service, request: Request, **segments: str) -> Answer:
            wrong = wrong_type(request, media_type, others) if media_type else None
            wrong = _wrong_beside(request, *conditions) if wrong is None else wrong
            if wrong is not None:
                return answer_failure(wrong, request)
            return answer_once(service, request, partial(handler, **segments))

        return answer

    return decorate


@_checked(JSON, others=tuple(BATCH_FORMATS))
def _add(service: Service, request: Request) -> Answer:
    values = read_object(request)
    if isinstance(values, ResponseFailure):
        return answer_failure(values, request)
    response = room_add_use_case(service.repository, build_room_add_request(values))
    if not response:
        return answer_failure(response, request)
    return _show(service, response.value, is_new=True)


@_checked(JSON, IF_MATCH, IF_NONE_MATCH)
def room_replace(service: Service, request: Request, code: str) -> Answer:
    """Put a room in the place of the one with this code, or add it."""
    wanted = build_room_get_request(code)
    if not wanted:
        return answer_failure(no_room_named(code), request)
    values = read_object(request)
    if isinstance(values, ResponseFailure):
        return answer_failure(values, request)
    replace = build_room_replace_request(
        wanted.code,
        values,
        _expectation(service, request),
        only_add=request.if_none_match is not None,
    )
    response = room_replace_use_case(service.repository, replace)
    if not response:
        return answer_failure(response, request)
    return _show(service, response.value.room, is_new=response.value.is_new)


@_checked(MERGE_PATCH, IF_MATCH)
def room_update(service: Service, request: Request, code: str) -> Answer:
    """Change some fields of the room with this code (RFC 7396)."""
    wanted = build_room_get_request(code)
    if not wanted:
        return answer_failure(no_room_named(code), request)
    values = read_object(request)
    if isinstance(values, ResponseFailure):
        return answer_failure(values, request)
    update = build_room_update_request(wanted.code, values, _expectation(service, request))
    response = room_update_use_case(service.repository, update)
    if not response:
        return answer_failure(response, request)
    return _show(service, response.value, is_new=False)


@_checked(None, IF_MATCH)
def room_remove(service: Service, request: Request, code: str) -> Answer:
    """Remove the room with this code."""
    wanted = build_room_get_request(code)
    if not wanted:
        return answer_failure(no_room_named(code), request)
    remove = RoomRemoveRequest(wanted.code, _expectation(service, request))
    response = room_remove_use_case(service.repository, remove)
    if not response:
        return answer_failure(response, request)
    return Answer(HTTPStatus.NO_CONTENT, media_type=None, cache="no-store")


def _wrong_beside(request: Request, *conditions: str) -> ResponseFailure | None:
    """Tell what is wrong with a request beside its body; it has no parameters."""
    errors = read_nothing(request) + condition_errors(request, *conditions)
    return build_response_from_invalid_request(InvalidRequest(tuple(errors))) if errors else None


def _expectation(service: Service, request: Request) -> IsExpected | None:
    """Tell by If-Match which room is expected: one whose tag, in any format, is named there."""
    tags = request.if_match
    if tags is None:
        return None
    if tags.strip() == ANY:
        return any_room

    def is_expected(room: Room) -> bool:
        return any(
            is_matched(
                entity_tag(service.release, each.dump_room(room, View()), each.media_type),
                tags,
            )
            for each in FORMATS.values()
        )

    return is_expected


def _show(service: Service, room: Room, *, is_new: bool) -> Answer:
    body = FORMATS["json"].dump_room(room, View())
    location = (("Location", f"/rooms/{room.code}"),) if is_new else ()
    return Answer(
        HTTPStatus.CREATED if is_new else HTTPStatus.OK,
        body,
        JSON,
        (("ETag", entity_tag(service.release, body, JSON)), *location),
        cache="no-store",
    )
