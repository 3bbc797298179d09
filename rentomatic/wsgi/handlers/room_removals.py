"""The form that removes a room."""

from http import HTTPStatus
from uuid import UUID

from rentomatic.requests.room_get import RoomGetRequest
from rentomatic.requests.room_write import RoomRemoveRequest
from rentomatic.use_cases.room_get import room_get_use_case
from rentomatic.use_cases.room_write import room_remove_use_case
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.handlers.forms import (
    for_staff,
    form_page,
    is_conflict,
    new_key,
    read_sent,
    redirect,
    write_once,
)
from rentomatic.wsgi.handlers.room_writes import expectation_of, tag_of
from rentomatic.wsgi.pages.room_forms import RoomForm, removal_page
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.service import Service


@for_staff()
def confirm_removal(service: Service, request: Request, code: UUID) -> Outcome:
    """Show a room, and ask whether to remove it."""
    return _ask(service, request, code)


@for_staff()
def take_removal(service: Service, request: Request, code: UUID) -> Outcome:
    """Remove a room unless someone else has changed it since, and show the others."""
    sent = read_sent(service, request, ())
    remove = RoomRemoveRequest(code, expectation_of(sent.request))

    def write(service: Service) -> Outcome:
        response = room_remove_use_case(service.stores.repository, remove)
        return redirect(request, "/rooms") if response else response

    outcome = write_once(sent, service, write)
    return _ask(service, request, code, has_changed=True) if is_conflict(outcome) else outcome


def _ask(service: Service, request: Request, code: UUID, *, has_changed: bool = False) -> Outcome:
    response = room_get_use_case(service.stores.repository, RoomGetRequest(code))
    if not response:
        return response
    room = response.value
    form = RoomForm(new_key(), code=code, tag=tag_of(room))
    body = removal_page(request, service.rent, room, form, is_conflict=has_changed)
    return form_page(body, HTTPStatus.PRECONDITION_FAILED if has_changed else HTTPStatus.OK)
