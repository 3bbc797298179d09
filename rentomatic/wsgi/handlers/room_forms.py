"""Forms that add and change a room, through the same use cases as the API."""

from http import HTTPStatus
from uuid import UUID

from rentomatic.domain.room import FIELDS
from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.room_fields import Value, parser_of
from rentomatic.requests.room_get import RoomGetRequest
from rentomatic.requests.room_write import (
    CODE,
    build_room_add_request,
    build_room_update_request,
)
from rentomatic.use_cases.room_get import room_get_use_case
from rentomatic.use_cases.room_write import room_add_use_case, room_update_use_case
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.form_body import Fields
from rentomatic.wsgi.handlers.forms import (
    Sent,
    for_staff,
    form_page,
    is_conflict,
    new_key,
    read_sent,
    redirect,
    write_once,
)
from rentomatic.wsgi.handlers.room_writes import expectation_of, tag_of
from rentomatic.wsgi.pages.room_forms import RoomForm, room_form_page, texts_in
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.service import Service

_FIELDS = [name for name in FIELDS if name != CODE]

Read = tuple[dict[str, Value | None], list[ParameterError]]


@for_staff()
def new_room(service: Service, request: Request) -> Outcome:
    """Show an empty form."""
    return form_page(room_form_page(request, service.rent, RoomForm(new_key())))


@for_staff()
def take_new_room(service: Service, request: Request) -> Outcome:
    """Add the room of a form, and show it."""
    sent = read_sent(service, request, _FIELDS)
    add = build_room_add_request(*_read(sent.fields))
    if isinstance(add, InvalidRequest):
        return _refused(service, sent, add)

    def write(service: Service) -> Outcome:
        response = room_add_use_case(service.stores.repository, add)
        return redirect(request, f"/rooms/{response.value.code}") if response else response

    return write_once(sent, service, write)


@for_staff()
def edit_room(service: Service, request: Request, code: UUID) -> Outcome:
    """Show a form with the values of a room."""
    response = room_get_use_case(service.stores.repository, RoomGetRequest(code))
    if not response:
        return response
    room = response.value
    form = RoomForm(new_key(), texts_in(room), code, tag_of(room))
    return form_page(room_form_page(request, service.rent, form))


@for_staff()
def take_edited_room(service: Service, request: Request, code: UUID) -> Outcome:
    """Change a room unless someone else has changed it since, and show it."""
    sent = read_sent(service, request, _FIELDS)
    values, unreadable = _read(sent.fields)
    # What is left empty is removed, or missing.
    needed = [name for name in _FIELDS if name not in values and not FIELDS[name].is_optional]
    known = {each.parameter for each in unreadable}
    unreadable += [ParameterError(name, "is missing") for name in needed if name not in known]
    expected = expectation_of(sent.request)
    update = build_room_update_request(code, values, expected, unreadable)
    if isinstance(update, InvalidRequest):
        return _refused(service, sent, update, code)

    def write(service: Service) -> Outcome:
        response = room_update_use_case(service.stores.repository, update)
        return redirect(request, f"/rooms/{code}") if response else response

    outcome = write_once(sent, service, write)
    return _show_conflict(service, sent, code) if is_conflict(outcome) else outcome


def _read(fields: Fields) -> Read:
    """Read the texts of a form: an optional field that is left empty is removed."""
    values: dict[str, Value | None] = {}
    errors = []
    for name in _FIELDS:
        text = fields.get(name, "").strip()
        if not text:
            values |= {name: None} if FIELDS[name].is_optional else {}
            continue
        try:
            values[name] = parser_of(FIELDS[name].kind)(text)
        except ValueError as problem:
            errors.append(ParameterError(name, str(problem)))
    return values, errors


def _refused(
    service: Service, sent: Sent, invalid: InvalidRequest, code: UUID | None = None
) -> Outcome:
    """Show the form again, with all that is wrong."""
    wrong = [each.parameter for each in invalid.errors if each.parameter in _FIELDS]
    others = [str(each) for each in invalid.errors if each.parameter not in _FIELDS]
    form = RoomForm(sent.key or new_key(), sent.fields, code, sent.tag, wrong, others)
    return form_page(room_form_page(sent.request, service.rent, form), HTTPStatus.BAD_REQUEST)


def _show_conflict(service: Service, sent: Sent, code: UUID) -> Outcome:
    """Show both versions; the person's own is in the form, which now builds on the stored one."""
    response = room_get_use_case(service.stores.repository, RoomGetRequest(code))
    if not response:
        return response
    room = response.value
    form = RoomForm(new_key(), sent.fields, code, tag_of(room), stored=texts_in(room))
    body = room_form_page(sent.request, service.rent, form)
    return form_page(body, HTTPStatus.PRECONDITION_FAILED)
