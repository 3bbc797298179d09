"""Reading rooms: a search, its summary, and one room."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote
from uuid import UUID

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.formats.table import FORMATS, Format
from rentomatic.formats.view import View
from rentomatic.repository.interface import Page
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_get import RoomGetRequest
from rentomatic.requests.room_list import ESTIMATE, EXACT, RoomListRequest
from rentomatic.requests.room_order import BY_ADDING
from rentomatic.serializers.room_summary import dump_summary
from rentomatic.use_cases.data_version import data_version_use_case
from rentomatic.use_cases.room_get import room_get_use_case
from rentomatic.use_cases.room_list import room_list_use_case
from rentomatic.use_cases.room_summary import room_summary_use_case
from rentomatic.wsgi.arguments import FORMAT, read_format, read_search, read_summary
from rentomatic.wsgi.conditional import entity_tag, is_conditional, tagged, under_conditions
from rentomatic.wsgi.failure import Outcome, unacceptable
from rentomatic.wsgi.negotiation import preferred
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer, Headers
from rentomatic.wsgi.service import Service

DESCRIBED_BY = '</openapi.json>; rel="describedby"'

_BY_MEDIA_TYPE = {each.media_type: each for each in FORMATS.values()}
_MEDIA_TYPES = tuple(_BY_MEDIA_TYPE)


def room_list(service: Service, request: Request) -> Outcome:
    """Search rooms."""
    search = read_search(request, service.limits.rooms)
    if not search:
        return search
    chosen = _choose_format(request)
    if not chosen:
        return unacceptable(_MEDIA_TYPES)

    def tag_of(state: object) -> str:
        return entity_tag(
            service.release, state, _canonical(request, search.limit), chosen.media_type
        )

    if (other := _answer_without_search(service, request, tag_of)) is not None:
        return other
    is_stream = search.limit is None
    is_head_of_stream = is_stream and request.method == "HEAD"
    asked = replace(search, limit=service.limits.rooms) if is_head_of_stream else search
    response = room_list_use_case(service.repository, asked)
    if not response:
        return response
    page = response.value
    pieces = chosen.stream_rooms(page.rooms, View(search.fields, search.near))
    body = pieces if is_stream else b"".join(pieces)
    headers = _total(page) + _links(request, search, page)
    answer = Answer(HTTPStatus.OK, body, chosen.media_type, headers)
    if page.version is not None:
        return tagged(tag_of(page.version), answer)
    # If the store has no version, the tag is a digest of the answer, unless it is streamed.
    return answer if is_stream else tagged(tag_of(body), answer)


def room_summary(service: Service, request: Request) -> Outcome:
    """Summarize the rooms that a search finds."""
    wanted = read_summary(request)
    if not wanted:
        return wanted
    if not preferred(request.accept, (JSON,)):
        return unacceptable((JSON,))

    def tag_of(state: object) -> str:
        return entity_tag(service.release, state, _canonical(request), JSON)

    if (other := _answer_without_search(service, request, tag_of)) is not None:
        return other
    response = room_summary_use_case(service.repository, wanted)
    if not response:
        return response
    body = dump_summary(response.value.summary)
    tag = tag_of(response.value.version or body)
    return tagged(tag, Answer(HTTPStatus.OK, body, headers=(("Link", DESCRIBED_BY),)))


def room_get(service: Service, request: Request, code: UUID) -> Outcome:
    """Return one room."""
    if errors := read_format(request):
        return InvalidRequest(tuple(errors))
    chosen = _choose_format(request)
    if not chosen:
        return unacceptable(_MEDIA_TYPES)
    response = room_get_use_case(service.repository, RoomGetRequest(code))
    if not response:
        return response
    body = chosen.dump_room(response.value, View())
    tag = entity_tag(service.release, body, chosen.media_type)
    return tagged(tag, Answer(HTTPStatus.OK, body, chosen.media_type))


def _canonical(request: Request, limit: int | None = None) -> str:
    """Return the same text for equivalent requests, with the effective limit."""
    asked = request.query.values | {"limit": limit}
    asked.pop(FORMAT, None)
    return repr((request.path, sorted(asked.items())))


def _choose_format(request: Request) -> Format | None:
    if named := request.query.values.get(FORMAT):
        return FORMATS[named]
    media_type = preferred(request.accept, _MEDIA_TYPES)
    return _BY_MEDIA_TYPE[media_type] if media_type else None


def _answer_without_search(
    service: Service, request: Request, tag_of: Callable[[object], str]
) -> Outcome | None:
    """Answer without a search if the conditions allow it; otherwise return None."""
    if not is_conditional(request):
        return None
    response = data_version_use_case(service.repository)
    if not response or response.value is None:
        return None
    found = tagged(tag_of(response.value), Answer(HTTPStatus.OK))
    outcome = under_conditions(request, found)
    return None if outcome is found else outcome


def _total(page: Page) -> Headers:
    if page.total is None:
        return ()
    kind = EXACT if page.total.is_exact else ESTIMATE
    return (("X-Total-Count", str(page.total.count)), ("X-Total-Count-Kind", kind))


def _links(request: Request, search: RoomListRequest, page: Page) -> Headers:
    """Link to the first page and the next, by relative references (RFC 8288)."""
    links = [DESCRIBED_BY]
    if search.limit is not None:
        given = [pair for name, pair in request.query.sent.items() if name != "after"]
        links.append(f'<{_reference(given)}>; rel="first"')
        if page.next is not None:
            after = write_cursor(search, search.order, page.next)
            links.append(f'<{_reference([*given, f"after={after}"])}>; rel="next"')
        if search.near and search.order == BY_ADDING:
            nearest = _reference([*given, f"sort={DISTANCE}"])
            links.append(f'<{nearest}>; rel="related"; title="the nearest first"')
    return (("Link", ", ".join(links)),)


def _reference(pairs: Sequence[str]) -> str:
    # Clients may send characters that are not allowed in a reference.
    query = quote("&".join(pairs).encode("latin-1"), safe="%=&+,:;/?@!$'()*-._~")
    return f"/rooms?{query}" if query else "/rooms"
