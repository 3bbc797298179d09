"""Reading rooms: a search, its summary, and one room."""

from dataclasses import replace
from functools import partial
from http import HTTPStatus
from uuid import UUID

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.formats.table import FORMATS, Format
from rentomatic.formats.view import WHOLE, View
from rentomatic.repository.results import Page
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_get import RoomGetRequest
from rentomatic.requests.room_list import ALL_FIELDS, RoomListRequest
from rentomatic.requests.room_order import BY_ADDING
from rentomatic.serializers.room_map import MAP_FORMATS, MapFormat
from rentomatic.serializers.room_summary import dump_summary
from rentomatic.use_cases.room_get import room_get_use_case
from rentomatic.use_cases.room_list import room_list_use_case
from rentomatic.use_cases.room_map import room_map_use_case
from rentomatic.use_cases.room_summary import room_summary_use_case
from rentomatic.wsgi.arguments import PLACE, read_format, read_map, read_search, read_summary
from rentomatic.wsgi.conditional import entity_tag
from rentomatic.wsgi.failure import Outcome, unacceptable
from rentomatic.wsgi.handlers.places import search_place
from rentomatic.wsgi.handlers.relaxations import is_relaxable, link_to_relaxations
from rentomatic.wsgi.handlers.room_pages import show_room, show_search
from rentomatic.wsgi.handlers.searching import (
    DESCRIBED_BY,
    cached,
    canonical,
    made_from_rooms,
    next_cursor,
    total_headers,
    without_search,
)
from rentomatic.wsgi.negotiation import preferred
from rentomatic.wsgi.pages.choice import wants_page
from rentomatic.wsgi.query import FORMAT, quoted
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import HTML, Answer, Headers
from rentomatic.wsgi.service import Service

_BY_MEDIA_TYPE = {each.media_type: each for each in FORMATS.values()}
_MEDIA_TYPES = tuple(_BY_MEDIA_TYPE)
_MAP_MEDIA_TYPES = tuple(each.media_type for each in MAP_FORMATS.values())
_OFFERED = (*_MEDIA_TYPES, HTML)


def room_list(service: Service, request: Request) -> Outcome:
    """Search rooms; without a page, the name of a place is looked up at once."""
    if PLACE in request.query.values and not wants_page(request):
        return search_place(service, request)
    return cached(service, request, _search)


def room_summary(service: Service, request: Request) -> Outcome:
    """Summarize the rooms that a search finds."""
    return cached(service, request, _summarize)


def room_map(service: Service, request: Request) -> Outcome:
    """Count the rooms that a search finds in the cells of a grid."""
    return cached(service, request, _map)


def _search(service: Service, request: Request) -> Outcome:
    if wants_page(request):
        return show_search(service, request)
    search = read_search(request, service.limits.rooms)
    if isinstance(search, InvalidRequest):
        return search
    chosen = choose_format(request)
    if not chosen:
        return unacceptable(_OFFERED)

    name = canonical(request, search.limit)
    tag_of = partial(entity_tag, service.release, name, chosen.media_type)
    if (other := without_search(service, request, tag_of)) is not None:
        return other
    is_stream = search.limit is None
    is_head_of_stream = is_stream and request.method == "HEAD"
    asked = replace(search, limit=service.limits.rooms) if is_head_of_stream else search
    response = room_list_use_case(service.stores.repository, asked)
    if not response:
        return response
    page = response.value
    view = WHOLE if search.fields == ALL_FIELDS else View(search.fields, search.near)
    pieces = chosen.stream_rooms(page.rooms, view)
    body = pieces if is_stream else b"".join(pieces)
    # If the store has no version, the tag is a digest of the answer, unless it is streamed.
    state = body if page.version is None else page.version
    tag = None if state is pieces else tag_of(state)
    headers = total_headers(page) + _links(request, search, page)
    version = None if is_stream else page.version
    return Answer(HTTPStatus.OK, body, chosen.media_type, headers, tag=tag, version=version)


def _summarize(service: Service, request: Request) -> Outcome:
    wanted = read_summary(request)
    if isinstance(wanted, InvalidRequest):
        return wanted
    if not preferred(request.accept, (JSON,)):
        return unacceptable((JSON,))
    find = partial(room_summary_use_case, service.stores.repository, wanted)
    return made_from_rooms(service, request, JSON, find, dump_summary)


def _map(service: Service, request: Request) -> Outcome:
    wanted = read_map(request)
    if isinstance(wanted, InvalidRequest):
        return wanted
    chosen = _choose_map_format(request)
    if not chosen:
        return unacceptable(_MAP_MEDIA_TYPES)
    find = partial(room_map_use_case, service.stores.repository, wanted)
    return made_from_rooms(
        service, request, chosen.media_type, find, lambda found: chosen.dump(found, wanted.zoom)
    )


def room_get(service: Service, request: Request, code: UUID) -> Outcome:
    """Return one room."""
    if errors := read_format(request):
        return InvalidRequest(tuple(errors))
    chosen = None if wants_page(request) else choose_format(request)
    if not chosen and not wants_page(request):
        return unacceptable(_OFFERED)
    response = room_get_use_case(service.stores.repository, RoomGetRequest(code))
    if not response:
        return response
    similar = f'<{similar_path(code)}>; rel="related"; title="similar rooms"'
    links = (("Link", f"{DESCRIBED_BY}, {similar}"),)
    if not chosen:
        return show_room(service, request, response.value, links)
    body = chosen.dump_room(response.value, WHOLE)
    # The same tag as `tag_of` in room_writes.
    tag = entity_tag(body, chosen.media_type)
    return Answer(HTTPStatus.OK, body, chosen.media_type, links, tag=tag)


def similar_path(code: UUID) -> str:
    """Return the path of the rooms that are similar to a room."""
    return f"/rooms/{code}/similar"


def choose_format(request: Request) -> Format | None:
    """Return the format of rooms that a request asks for; None if it accepts none."""
    if named := request.query.values.get(FORMAT):
        return FORMATS[named]
    media_type = preferred(request.accept, _MEDIA_TYPES)
    return _BY_MEDIA_TYPE[media_type] if media_type else None


def _choose_map_format(request: Request) -> MapFormat | None:
    if named := request.query.values.get(FORMAT):
        return MAP_FORMATS[named]
    media_type = preferred(request.accept, _MAP_MEDIA_TYPES)
    return next((each for each in MAP_FORMATS.values() if each.media_type == media_type), None)


def _links(request: Request, search: RoomListRequest, page: Page) -> Headers:
    """Link to the first page and the next, by relative references (RFC 8288)."""
    links = [DESCRIBED_BY]
    if search.limit is not None:
        given = [pair for name, pair in request.query.sent.items() if name != "after"]
        query = quoted("&".join(given))
        links.append(f'<{_reference(query)}>; rel="first"')
        if after := next_cursor(search, page):
            links.append(f'<{_reference(query, f"after={after}")}>; rel="next"')
        if search.near and search.order == BY_ADDING:
            nearest = _reference(query, f"sort={DISTANCE}")
            links.append(f'<{nearest}>; rel="related"; title="the nearest first"')
        if is_relaxable(search, page):
            links.append(link_to_relaxations(request))
    return (("Link", ", ".join(links)),)


def _reference(*queries: str) -> str:
    query = "&".join(filter(None, queries))
    return f"/rooms?{query}" if query else "/rooms"
