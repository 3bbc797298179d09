"""The files that pages load."""

from http import HTTPStatus

from rentomatic.requests.base import InvalidRequest
from rentomatic.wsgi.arguments import read_nothing
from rentomatic.wsgi.conditional import entity_tag
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.pages.assets import Asset, assets
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service

# A file that is opened as a page runs and loads nothing.
_POLICY = ("Content-Security-Policy", "default-src 'none'; sandbox")
_A_DAY = "public, max-age=86400"
_FOREVER = "public, max-age=31536000, immutable"


def parse_asset(text: str) -> Asset:
    """Return the file with this name.

    Raises:
        ValueError: if there is no such file.
    """
    if text not in assets():
        raise ValueError
    return assets()[text]


def asset(_service: Service, request: Request, name: Asset) -> Outcome:
    """Return a file, whatever the client accepts: there is no other form of it."""
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    cache = _FOREVER if name.is_fixed else _A_DAY
    return Answer(
        HTTPStatus.OK, name.body, name.media_type, (_POLICY,), cache, entity_tag(name.body)
    )
