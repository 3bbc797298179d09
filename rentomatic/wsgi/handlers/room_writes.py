"""Adding, replacing, changing and removing rooms."""

from collections.abc import Callable
from functools import partial, wraps
from http import HTTPStatus
from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.formats.table import FORMATS, Format
from rentomatic.formats.view import WHOLE
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_write import (
    IsExpected,
    any_room,
    build_room_add_request,
    build_room_remove_request,
    build_room_replace_request,
    build_room_update_request,
)
from rentomatic.use_cases.room_write import (
    room_add_use_case,
    room_remove_use_case,
    room_replace_use_case,
    room_update_use_case,
)
from rentomatic.wsgi.arguments import read_nothing
from rentomatic.wsgi.conditional import (
    ANY,
    IF_MATCH,
    IF_NONE_MATCH,
    condition_errors,
    entity_tag,
    is_matched,
)
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.handlers.room_batches import batch_format, import_batch
from rentomatic.wsgi.json_body import read_object
from rentomatic.wsgi.repetition import Handler, answer_once
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service

_EXAMPLE = '{"size": 20, "price": 60, ...}'
_SEVERAL = "; several rooms are sent as application/x-ndjson, one object per line: jq -c '.[]'"


def room_add(service: Service, request: Request) -> Outcome:
    """Add a room, or a batch of them."""
    if batch := batch_format(request):
        return import_batch(service, request, batch)
    return _add(service, request)


def _checked(*conditions: str) -> Callable[[Handler], Handler]:
    """Check the query and conditional headers; write only once for each `Idempotency-Key`."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def answer(service: Service, request: Request, **segments: UUID) -> Outcome:
            errors = read_nothing(request) + condition_errors(request, *conditions)
            if errors:
                return InvalidRequest(tuple(errors))
            return answer_once(service, request, partial(handler, **segments))

        return answer

    return decorate


@_checked()
def _add(service: Service, request: Request) -> Outcome:
    values = read_object(request, _EXAMPLE, _SEVERAL)
    response = room_add_use_case(service.stores.repository, build_room_add_request(values))
    return _show(response.value, is_new=True) if response else response


@_checked(IF_MATCH, IF_NONE_MATCH)
def room_replace(service: Service, request: Request, code: UUID) -> Outcome:
    """Replace the room with this code, or add it."""
    values = read_object(request, _EXAMPLE, _SEVERAL)
    only_add = request.if_none_match is not None
    expected = expectation_of(request)
    replace = build_room_replace_request(code, values, expected, only_add=only_add)
    response = room_replace_use_case(service.stores.repository, replace)
    if not response:
        return response
    return _show(response.value.room, is_new=response.value.is_new)


@_checked(IF_MATCH)
def room_update(service: Service, request: Request, code: UUID) -> Outcome:
    """Change some fields of the room with this code (RFC 7396)."""
    values = read_object(request, _EXAMPLE, _SEVERAL)
    update = build_room_update_request(code, values, expectation_of(request))
    response = room_update_use_case(service.stores.repository, update)
    return _show(response.value, is_new=False) if response else response


@_checked(IF_MATCH)
def room_remove(service: Service, request: Request, code: UUID) -> Outcome:
    """Remove the room with this code."""
    remove = build_room_remove_request(code, expectation_of(request))
    response = room_remove_use_case(service.stores.repository, remove)
    if not response:
        return response
    return Answer(HTTPStatus.NO_CONTENT, media_type=None, cache="no-store")


def expectation_of(request: Request) -> IsExpected | None:
    """Return the check for `If-Match`: it must name the room's tag, in any format."""
    tags = request.if_match
    if tags is None:
        return None
    if tags.strip() == ANY:
        return any_room

    def is_expected(room: Room) -> bool:
        return any(is_matched(tag_of(room, each), tags) for each in FORMATS.values())

    return is_expected


def tag_of(room: Room, form: Format = FORMATS["json"]) -> str:
    """Return the entity tag of a room, as its answer in this format has it.

    It names the bytes, not the release: during a rolling upgrade a client may read a room from one
    release and write it with the other.
    """
    return entity_tag(form.dump_room(room, WHOLE), form.media_type)


def _show(room: Room, *, is_new: bool) -> Answer:
    body = FORMATS["json"].dump_room(room, WHOLE)
    status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    location = (("Location", f"/rooms/{room.code}"),) if is_new else ()
    return Answer(status, body, JSON, location, cache="no-store", tag=entity_tag(body, JSON))
