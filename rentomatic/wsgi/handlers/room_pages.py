"""Rooms as pages for people."""

from functools import partial
from http import HTTPStatus

from rentomatic.domain.room import Room
from rentomatic.requests.base import InvalidRequest
from rentomatic.use_cases.room_list import room_list_use_case
from rentomatic.wsgi.arguments import read_search
from rentomatic.wsgi.conditional import entity_tag
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.handlers.searching import canonical, next_cursor, total_headers, without_search
from rentomatic.wsgi.pages.choice import language_of
from rentomatic.wsgi.pages.rendering import VARY, as_page, same_page
from rentomatic.wsgi.pages.rooms import Found, room_page, search_page
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service

# Rooms on a page.
PAGE_LIMIT = 20


def show_search(service: Service, request: Request) -> Outcome:
    """Search rooms, and show them on a page."""
    search = read_search(request, min(PAGE_LIMIT, service.limits.rooms))
    if isinstance(search, InvalidRequest):
        return search
    name = canonical(request, search.limit)
    tag_of = partial(entity_tag, service.release, name, language_of(request), str(service.rent))
    if request.is_conditional:
        other = without_search(service, request, tag_of, VARY)
        if other is not None:
            return other
    response = room_list_use_case(service.stores.repository, search)
    if not response:
        return response
    page = response.value
    after = next_cursor(search, page)
    following = same_page(request, {"after": after}) if after else None
    body = search_page(request, service.rent, Found(list(page.rooms), following))
    tag = tag_of(body if page.version is None else page.version)
    headers = total_headers(page)
    return as_page(Answer(HTTPStatus.OK, body, headers=headers, tag=tag, version=page.version))


def show_room(service: Service, request: Request, room: Room) -> Outcome:
    """Show a room on a page."""
    body = room_page(request, service.rent, room)
    return as_page(Answer(HTTPStatus.OK, body, tag=entity_tag(service.release, body)))
