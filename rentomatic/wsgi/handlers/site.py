"""Paths that browsers and crawlers request without being asked to."""

from http import HTTPStatus

from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import TEXT, Answer
from rentomatic.wsgi.service import Service


def home(_service: Service, _request: Request) -> Answer:
    """Redirect to the rooms."""
    return Answer(HTTPStatus.SEE_OTHER, b"/rooms\n", TEXT, (("Location", "/rooms"),))


def robots(_service: Service, _request: Request) -> Answer:
    """Keep crawlers from following every possible search."""
    return Answer(HTTPStatus.OK, b"User-agent: *\nDisallow: /\n", TEXT)


def favicon(_service: Service, _request: Request) -> Answer:
    """Return no icon, cacheable for a day."""
    return Answer(HTTPStatus.NO_CONTENT, media_type=None, cache="public, max-age=86400")
