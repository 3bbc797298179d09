"""The pictures that the service ships, so that demo rooms need no other host."""

from http import HTTPStatus
from pathlib import Path

from rentomatic.domain.kinds import PICTURES
from rentomatic.requests.base import InvalidRequest
from rentomatic.resources import PACKAGE
from rentomatic.wsgi.arguments import read_nothing
from rentomatic.wsgi.conditional import entity_tag
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service

SVG = "image/svg+xml"

_FOLDER = PACKAGE / "wsgi" / "assets"
# A picture that is opened as a page runs and loads nothing.
_POLICY = ("Content-Security-Policy", "default-src 'none'; sandbox")
_A_DAY = "public, max-age=86400"


def parse_asset(text: str) -> Path:
    """Return the file of a picture.

    Raises:
        ValueError: if there is no such picture.
    """
    if text not in PICTURES:
        raise ValueError
    return _FOLDER / text


def asset(_service: Service, request: Request, name: Path) -> Outcome:
    """Return a picture, whatever the client accepts: there is no other form of it."""
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    body = name.read_bytes()
    return Answer(HTTPStatus.OK, body, SVG, (_POLICY,), _A_DAY, entity_tag(body))
