"""What all representations of a search share."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Protocol, TypeVar

from rentomatic.repository.results import Page
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_list import ESTIMATE, EXACT, RoomListRequest
from rentomatic.responses import Response
from rentomatic.wsgi.conditional import entity_tag, under_conditions
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.pages.choice import LANG
from rentomatic.wsgi.query import FORMAT
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer, Headers
from rentomatic.wsgi.service import Service

DESCRIBED_BY = '</openapi.json>; rel="describedby"'


def cached(
    service: Service, request: Request, handler: Callable[[Service, Request], Outcome]
) -> Outcome:
    """Return the last answer to the same request, if no room has changed since.

    What staff see is not kept.
    """
    if request.signed_in:
        return handler(service, request)
    known = service.cache.find(request, service.stores.repository)
    if known is not None:
        return known
    outcome = handler(service, request)
    if isinstance(outcome, Answer):
        service.cache.keep(request, outcome)
    return outcome


def canonical(request: Request, limit: int | None = None) -> str:
    """Return the same text for equivalent requests, with the effective limit."""
    asked = request.query.values | {"limit": limit}
    asked.pop(FORMAT, None)
    asked.pop(LANG, None)
    return repr((request.path, sorted(asked.items())))


def without_search(
    service: Service, request: Request, tag_of: Callable[[object], str], vary: str = "Accept"
) -> Outcome | None:
    """Answer without a search if the request has conditions that allow it; else return None."""
    if not request.is_conditional:
        return None
    response = service.cache.version(request, service.stores.repository)
    if not response or response.value is None:
        return None
    found = Answer(HTTPStatus.OK, tag=tag_of(response.value), vary=vary)
    outcome = under_conditions(request, found)
    return None if outcome is found else outcome


class Versioned(Protocol):
    """What is made from rooms."""

    @property
    def version(self) -> str | None:
        """The data version that it shows, if there is one."""


V = TypeVar("V", bound=Versioned)


def made_from_rooms(
    service: Service,
    request: Request,
    media_type: str,
    find: Callable[[], Response[V]],
    dump: Callable[[V], bytes],
) -> Outcome:
    """Answer with what is made from the rooms of a search; the tag is made from their version."""
    tag_of = partial(entity_tag, service.release, canonical(request), media_type)
    if (other := without_search(service, request, tag_of)) is not None:
        return other
    response = find()
    if not response:
        return response
    body, version = dump(response.value), response.value.version
    links = (("Link", DESCRIBED_BY),)
    tag = tag_of(version or body)
    return Answer(HTTPStatus.OK, body, media_type, links, tag=tag, version=version)


def total_headers(page: Page) -> Headers:
    """Return the number of rooms on all pages, if it was asked for."""
    if page.total is None:
        return ()
    kind = EXACT if page.total.is_exact else ESTIMATE
    return (("X-Total-Count", str(page.total.count)), ("X-Total-Count-Kind", kind))


def next_cursor(search: RoomListRequest, page: Page) -> str | None:
    """Return the cursor of the next page, if there is one."""
    return None if page.next is None else write_cursor(search, search.order, page.next)
