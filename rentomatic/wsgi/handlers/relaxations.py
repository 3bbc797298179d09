"""What a search finds if one of its conditions is relaxed."""

from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from rentomatic.domain.relaxation import Relaxation
from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.formats.json import dump_value
from rentomatic.repository.results import Page
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_fields import FILTER_KEYS
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.serializers.room_relaxations import relaxation_to_wire, value_to_text
from rentomatic.use_cases.room_relaxations import Relaxed, room_relaxations_use_case
from rentomatic.wsgi.arguments import RELAXATION_NAMES, read_relaxations
from rentomatic.wsgi.failure import Outcome, unacceptable
from rentomatic.wsgi.handlers.searching import cached, made_from_rooms
from rentomatic.wsgi.negotiation import preferred
from rentomatic.wsgi.pages.relaxations import Change
from rentomatic.wsgi.pages.rendering import address
from rentomatic.wsgi.query import FILTER_PREFIX, quoted
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.service import Service

PATH = "/rooms/relaxations"


def room_relaxations(service: Service, request: Request) -> Outcome:
    """Relax each condition of a search."""
    return cached(service, request, _relax)


def _relax(service: Service, request: Request) -> Outcome:
    wanted = read_relaxations(request)
    if isinstance(wanted, InvalidRequest):
        return wanted
    if not preferred(request.accept, (JSON,)):
        return unacceptable((JSON,))
    find = partial(room_relaxations_use_case, service.stores.repository, wanted)

    def dump(found: Relaxed) -> bytes:
        return dump_value([_to_wire(request, each) for each in found.relaxations])

    return made_from_rooms(service, request, JSON, find, dump)


def _to_wire(request: Request, relaxation: Relaxation) -> Mapping[str, object]:
    name = _name_of(relaxation)
    href = _address(request, relaxation)
    return relaxation_to_wire(relaxation, name, request.query.values[name], href=href)


def is_relaxable(search: RoomListRequest, page: Page) -> bool:
    """Return whether a search with conditions has found no room at all."""
    if search.limit is None or search.after is not None:
        return False
    return search.selection != RoomSelection() and not list(page.rooms)


def link_to_relaxations(request: Request) -> str:
    """Return the link to the relaxations of a search (RFC 8288)."""
    sent = request.query.sent
    query = quoted("&".join(pair for name, pair in sent.items() if name in RELAXATION_NAMES))
    return f'<{address(PATH, [query])}>; rel="related"; title="the nearest searches with rooms"'


def changes_of(service: Service, request: Request) -> tuple[list[Change] | None, str | None]:
    """Return what the page of a search suggests, if it is known now, and its data version."""
    wanted = read_relaxations(request, are_all_known=True)
    response = room_relaxations_use_case(service.stores.repository, wanted)
    if not response:
        return None, None
    given = request.query.values
    changes = [
        Change(each, given[_name_of(each)], f"{_address(request, each)}#rooms")
        for each in response.value.relaxations
    ]
    return changes, response.value.version


def _name_of(relaxation: Relaxation) -> str:
    """Return the name of the parameter that a relaxation changes."""
    is_filter = relaxation.key in FILTER_KEYS
    return f"{FILTER_PREFIX}{relaxation.key}" if is_filter else relaxation.key


def _address(request: Request, relaxation: Relaxation) -> str:
    """Return the address of the changed search, with everything else as it was sent."""
    name, value = _name_of(relaxation), value_to_text(relaxation.value)
    kept = [pair for each, pair in request.query.sent.items() if each not in {name, "after"}]
    added = [] if value is None else [f"{name}={quote(value, safe=',')}"]
    return address("/rooms", [quoted("&".join(kept)), *added])
