"""The service's description of itself."""

from http import HTTPStatus

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.parsers import closest, shown
from rentomatic.wsgi.arguments import read_language, read_nothing
from rentomatic.wsgi.conditional import entity_tag
from rentomatic.wsgi.failure import HttpFailure, Outcome, unacceptable
from rentomatic.wsgi.negotiation import preferred
from rentomatic.wsgi.pages.manual import TOPICS, contents_page, manual_page
from rentomatic.wsgi.pages.rendering import as_page
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import HTML, Answer
from rentomatic.wsgi.service import Service


def openapi(service: Service, request: Request) -> Outcome:
    """Return the OpenAPI document."""
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    if not preferred(request.accept, (JSON,)):
        return unacceptable((JSON,))
    body = service.documents.description
    return Answer(HTTPStatus.OK, body, tag=entity_tag(service.release, body))


def docs(service: Service, request: Request) -> Outcome:
    """Return the contents of the same document as pages for people."""
    refused = _refused(request)
    if refused is not None:
        return refused
    return _shown(service, contents_page(request, service.documents.manual))


def docs_page(service: Service, request: Request, page: str) -> Outcome:
    """Return one of these pages, with the service's address in its examples."""
    refused = _refused(request)
    if refused is not None:
        return refused
    manual = service.documents.manual
    body = manual_page(request, manual, page)
    if body is None:
        suggestion = closest(page, [*manual["operations"], *TOPICS])
        hint = f"; did you mean {suggestion}?" if suggestion else "; /docs lists them"
        message = f"There is no page {shown(page)} in the documents{hint}"
        return HttpFailure(HTTPStatus.NOT_FOUND, message)
    return _shown(service, body)


def _refused(request: Request) -> Outcome | None:
    if errors := read_language(request):
        return InvalidRequest(tuple(errors))
    return None if preferred(request.accept, (HTML,)) else unacceptable((HTML,))


def _shown(service: Service, body: bytes) -> Answer:
    return as_page(Answer(HTTPStatus.OK, body, tag=entity_tag(service.release, body)))
