"""What visitors and their browsers ask for unbidden."""

from http import HTTPStatus

from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import TEXT, Answer
from rentomatic.wsgi.service import Service


def home(_service: Service, _request: Request) -> Answer:
    """Send a visitor to the rooms."""
    return Answer(HTTPStatus.SEE_OTHER, b"/rooms\n", TEXT, (("Location", "/rooms"),))


def robots(_service: Service, _request: Request) -> Answer:
    """Keep crawlers from following every search that there could be."""
    return Answer(HTTPStatus.OK, b"User-agent: *\nDisallow: /\n", TEXT)


def favicon(_service: Service, _request: Request) -> Answer:
    """Answer browsers, which ask for it unbidden."""
    return Answer(HTTPStatus.NO_CONTENT, media_type=None, cache="public, max-age=86400")
