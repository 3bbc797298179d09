"""What all representations of a search share."""

from collections.abc import Callable
from http import HTTPStatus

from rentomatic.repository.interface import Page
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_list import ESTIMATE, EXACT, RoomListRequest
from rentomatic.wsgi.conditional import under_conditions
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


def total_headers(page: Page) -> Headers:
    """Return the number of rooms on all pages, if it was asked for."""
    if page.total is None:
        return ()
    kind = EXACT if page.total.is_exact else ESTIMATE
    return (("X-Total-Count", str(page.total.count)), ("X-Total-Count-Kind", kind))


def next_cursor(search: RoomListRequest, page: Page) -> str | None:
    """Return the cursor of the next page, if there is one."""
    return None if page.next is None else write_cursor(search, search.order, page.next)
