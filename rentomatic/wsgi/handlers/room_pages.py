"""Rooms as pages for people."""

from functools import partial
from http import HTTPStatus

from rentomatic.domain.room import Room
from rentomatic.formats.view import WHOLE, View
from rentomatic.repository.results import Page
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_list import ALL_FIELDS, RoomListRequest
from rentomatic.requests.room_similar import RoomSimilarRequest
from rentomatic.use_cases.room_count import MOST_COUNTED, room_count_use_case
from rentomatic.use_cases.room_list import room_list_use_case
from rentomatic.use_cases.room_similar import room_similar_use_case
from rentomatic.wsgi.arguments import PLACE, read_search
from rentomatic.wsgi.conditional import entity_tag
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.handlers.places import search_place
from rentomatic.wsgi.handlers.relaxations import changes_of, is_relaxable
from rentomatic.wsgi.handlers.room_maps import map_of_room, map_of_search, tile_origin
from rentomatic.wsgi.handlers.searching import canonical, next_cursor, total_headers, without_search
from rentomatic.wsgi.pages.choice import language_of
from rentomatic.wsgi.pages.maps import Scene
from rentomatic.wsgi.pages.relaxations import Change
from rentomatic.wsgi.pages.rendering import VARY, address, as_page
from rentomatic.wsgi.pages.rooms import Count, Found, room_page, search_page
from rentomatic.wsgi.query import without_blanks
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer, Headers
from rentomatic.wsgi.service import Service

# Rooms on a page.
PAGE_LIMIT = 20
# Similar rooms on the page of a room.
SHOWN_SIMILAR = 4


def show_search(service: Service, request: Request) -> Outcome:
    """Search rooms, and show them on a page; what is wrong with a search is shown in its form."""
    query = without_blanks(request.query.raw)
    if query.count("=") < request.query.raw.count("="):
        location = (("Location", address(request.path, [query])),)
        return Answer(HTTPStatus.SEE_OTHER, media_type=None, headers=location, vary=VARY)
    if PLACE in request.query.values:
        return search_place(service, request)
    search = read_search(request, min(PAGE_LIMIT, service.limits.rooms))
    if isinstance(search, InvalidRequest):
        body = search_page(request, service.rent, None, search.errors)
        return as_page(Answer(HTTPStatus.BAD_REQUEST, body, cache="no-store"))
    name = canonical(request, search.limit)
    tag_of = partial(
        entity_tag, service.release, name, language_of(request), service.rent, service.tiles
    )
    if (other := without_search(service, request, tag_of, VARY)) is not None:
        return other
    response = room_list_use_case(service.stores.repository, search)
    if not response:
        return response
    page = response.value
    scene, version = map_of_search(service, request, search)
    versions = {page.version, version}
    changes = None
    if is_relaxable(search, page):
        changes, version = changes_of(service, request)
        versions.add(version)
    found = _found(search, page, _count(service, search, page), scene, changes)
    body = search_page(request, service.rent, found)
    # These are several statements: if rooms were written in between, the tag names the body.
    version = page.version if versions == {page.version} else None
    tag = tag_of(body if version is None else version)
    headers = total_headers(page)
    answer = Answer(HTTPStatus.OK, body, headers=headers, tag=tag, version=version)
    return as_page(answer, tile_origin(service))


def _count(service: Service, search: RoomListRequest, page: Page) -> Count | None:
    """Return the number of rooms on all pages, which is counted only if there are others."""
    if page.total:
        return Count(page.total.count, "exact" if page.total.is_exact else "about")
    if search.after is None and page.next is None:
        return Count(len(list(page.rooms)))
    response = room_count_use_case(service.stores.repository, search)
    if not response:
        return None
    total = response.value
    if total.count > MOST_COUNTED and total.is_exact:
        return Count(MOST_COUNTED, "more")
    return Count(total.count, "exact" if total.is_exact else "about")


def _found(
    search: RoomListRequest,
    page: Page,
    count: Count | None,
    scene: Scene | None,
    changes: list[Change] | None,
) -> Found:
    return Found(
        list(page.rooms),
        WHOLE if search.fields == ALL_FIELDS else View(search.fields, search.near),
        next_cursor(search, page),
        count,
        is_first=search.after is None,
        scene=scene,
        changes=changes,
    )


def show_room(service: Service, request: Request, room: Room, links: Headers) -> Outcome:
    """Show a room on a page, with its map and similar rooms, unless there can be none now."""
    scene = map_of_room(service, request, room)
    wanted = RoomSimilarRequest(code=room.code, limit=SHOWN_SIMILAR)
    response = room_similar_use_case(service.stores.repository, wanted)
    similar = (
        Found(response.value.rooms, View(wanted.fields, response.value.near))
        if response
        else Found(())
    )
    body = room_page(request, service.rent, room, scene, similar)
    tag = entity_tag(service.release, body)
    answer = Answer(HTTPStatus.OK, body, headers=links, tag=tag)
    return as_page(answer, tile_origin(service))
