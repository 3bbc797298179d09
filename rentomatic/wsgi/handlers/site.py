"""Paths that browsers and crawlers request without being asked to."""

from http import HTTPStatus

from rentomatic.wsgi.pages.rendering import Linker
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import TEXT, Answer
from rentomatic.wsgi.service import Service

# The pages of rooms, and the list of all rooms, in which crawlers find them; not the searches,
# which have no end. The longest rule that matches counts (RFC 9309, section 2.2.2).
_ROBOTS = b"""\
User-agent: *
Allow: /assets/
Allow: /rooms$
Allow: /rooms/
Allow: /rooms?after=
Allow: /rooms/*?lang=
Disallow: /
Disallow: /rooms/*?
Disallow: /rooms/*/
Disallow: /rooms/changes
Disallow: /rooms/feed
Disallow: /rooms/map
Disallow: /rooms/new
Disallow: /rooms/summary
"""


def home(_service: Service, request: Request) -> Answer:
    """Redirect to the rooms."""
    target = Linker(request).link("/rooms")
    return Answer(HTTPStatus.SEE_OTHER, f"{target}\n".encode(), TEXT, (("Location", target),))


def robots(_service: Service, _request: Request) -> Answer:
    """Keep crawlers from following every possible search."""
    return Answer(HTTPStatus.OK, _ROBOTS, TEXT)


def favicon(_service: Service, _request: Request) -> Answer:
    """Return no icon, cacheable for a day; pages name theirs."""
    return Answer(HTTPStatus.NO_CONTENT, media_type=None, cache="public, max-age=86400")
