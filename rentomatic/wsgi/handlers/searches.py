"""Saved searches, whose rooms webhooks report; each token's name has searches of its own."""

from http import HTTPStatus
from uuid import UUID

from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.saved_search import build_saved_search_request
from rentomatic.responses import Response
from rentomatic.serializers.saved_search import dump_queued, dump_search, dump_searches
from rentomatic.use_cases.saved_search import (
    search_add_use_case,
    search_enable_use_case,
    search_get_use_case,
    search_list_use_case,
    search_remove_use_case,
    search_test_use_case,
)
from rentomatic.wsgi.arguments import read_nothing, read_selection
from rentomatic.wsgi.failure import HttpFailure, Outcome
from rentomatic.wsgi.json_body import read_object
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service

_EXAMPLE = '{"name": "Cheap ones", "query": "filter_price__lt=60", "webhook": "https://..."}'
NO_KEY = HttpFailure(
    HTTPStatus.BAD_REQUEST,
    "Idempotency-Key: cannot be used here, because the answer contains a secret, which is not"
    " stored; list your searches to see whether one was saved",
)


def search_add(service: Service, request: Request) -> Outcome:
    """Save a search."""
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    if request.idempotency_key is not None:
        return NO_KEY
    values = read_object(request, _EXAMPLE)
    query = values.get("query")
    selection = read_selection(query if isinstance(query, str) else "")
    wanted = build_saved_search_request(values, selection, service.webhooks.reachable)
    response = search_add_use_case(
        service.stores.searches, wanted, _owner(request), service.webhooks.sealer
    )
    if not response:
        return response
    saved = response.value
    location = (("Location", f"/searches/{saved.search.id}"),)
    body = dump_search(saved.search, saved.secret)
    return Answer(HTTPStatus.CREATED, body, headers=location, cache="no-store")


def search_list(service: Service, request: Request) -> Outcome:
    """Return the searches of the token's name."""
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    response = search_list_use_case(service.stores.searches, _owner(request))
    return _answer(dump_searches(response.value)) if response else response


def search_get(service: Service, request: Request, id: UUID) -> Outcome:  # noqa: A002 - in the path
    """Return a search."""
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    response = search_get_use_case(service.stores.searches, id, _owner(request))
    return _answer(dump_search(response.value)) if response else response


def search_remove(service: Service, request: Request, id: UUID) -> Outcome:  # noqa: A002 - as above
    """Remove a search; what waits for it is not sent."""
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    response = search_remove_use_case(service.stores.searches, id, _owner(request))
    if not response:
        return response
    return Answer(HTTPStatus.NO_CONTENT, media_type=None, cache="no-store")


def search_test(service: Service, request: Request, id: UUID) -> Outcome:  # noqa: A002 - as above
    """Queue a test message."""
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    return _queued(search_test_use_case(service.stores.searches, id, _owner(request)))


def search_enable(service: Service, request: Request, id: UUID) -> Outcome:  # noqa: A002 - as above
    """Enable a search that was disabled."""
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    return _queued(search_enable_use_case(service.stores.searches, id, _owner(request)))


def _queued(response: Response[str]) -> Outcome:
    if not response:
        return response
    return Answer(HTTPStatus.ACCEPTED, dump_queued(response.value), cache="no-store")


def _owner(request: Request) -> str:
    """Return the name of the token, without which no request gets here."""
    if request.actor is None:
        raise ValueError("the operation does not ask for a token")
    return request.actor


def _answer(body: bytes) -> Answer:
    return Answer(HTTPStatus.OK, body, cache="no-store")
