"""The service's description of itself."""

from html import escape
from http import HTTPStatus

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.requests.base import InvalidRequest
from rentomatic.wsgi.arguments import read_nothing
from rentomatic.wsgi.conditional import entity_tag
from rentomatic.wsgi.failure import Outcome, unacceptable
from rentomatic.wsgi.negotiation import preferred
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import HTML, Answer, Headers
from rentomatic.wsgi.service import Service

# The placeholder in the page for the address of the service.
ADDRESS = "{address}"


def openapi(service: Service, request: Request) -> Outcome:
    """Return the OpenAPI document."""
    return _show(service, request, service.documents.description, JSON)


def docs(service: Service, request: Request) -> Outcome:
    """Return the same as a page for people, with the service's address."""
    body = service.documents.page.replace(ADDRESS.encode(), escape(request.address).encode())
    policy = (("Content-Security-Policy", service.documents.policy),)
    return _show(service, request, body, HTML, policy)


def _show(
    service: Service, request: Request, body: bytes, media_type: str, headers: Headers = ()
) -> Outcome:
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    if not preferred(request.accept, (media_type,)):
        return unacceptable((media_type,))
    tag = entity_tag(service.release, body)
    return Answer(HTTPStatus.OK, body, media_type, headers, tag=tag)
