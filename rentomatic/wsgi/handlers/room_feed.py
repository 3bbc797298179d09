"""The feed of a search."""

from http import HTTPStatus

from rentomatic.requests.base import InvalidRequest
from rentomatic.use_cases.room_feed import room_feed_use_case
from rentomatic.wsgi.arguments import read_feed
from rentomatic.wsgi.conditional import entity_tag
from rentomatic.wsgi.failure import Outcome, unacceptable
from rentomatic.wsgi.handlers.searching import cached, canonical
from rentomatic.wsgi.negotiation import preferred
from rentomatic.wsgi.pages.feed import ATOM, feed_page, updated_at
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service


def room_feed(service: Service, request: Request) -> Outcome:
    """Return the newest rooms of a search as an Atom feed."""
    return cached(service, request, _feed)


def _feed(service: Service, request: Request) -> Outcome:
    wanted = read_feed(request)
    if isinstance(wanted, InvalidRequest):
        return wanted
    if not preferred(request.accept, (ATOM,)):
        return unacceptable((ATOM,))
    response = room_feed_use_case(service.stores.repository, wanted)
    if not response:
        return response
    feed = response.value
    body = feed_page(request, service.base, canonical(request), service.rent, feed.news)
    return Answer(
        HTTPStatus.OK,
        body,
        ATOM,
        # Rooms may be written between its statements, so the tag is that of the body.
        tag=entity_tag(service.release, body),
        version=feed.version,
        modified=updated_at(feed.news) if feed.news else None,
    )
