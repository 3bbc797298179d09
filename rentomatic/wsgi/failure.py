"""Turn failures into answers: one table of statuses, and the three forms of errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from urllib.parse import quote

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.responses import (
    ResponseFailure,
    ResponseTypes,
    build_response_from_invalid_request,
)
from rentomatic.serializers.problem import MEDIA_TYPE as PROBLEM
from rentomatic.serializers.problem import dump_error, dump_problem
from rentomatic.wsgi.negotiation import prefers_problem
from rentomatic.wsgi.pages.choice import wants_page
from rentomatic.wsgi.pages.failure import failure_page
from rentomatic.wsgi.pages.rendering import as_page
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer, Headers

STATUSES: Mapping[ResponseTypes, HTTPStatus] = {
    ResponseTypes.SUCCESS: HTTPStatus.OK,
    ResponseTypes.PARAMETERS_ERROR: HTTPStatus.BAD_REQUEST,
    ResponseTypes.RESOURCE_ERROR: HTTPStatus.NOT_FOUND,
    ResponseTypes.GONE_ERROR: HTTPStatus.GONE,
    ResponseTypes.CONFLICT_ERROR: HTTPStatus.CONFLICT,
    ResponseTypes.PRECONDITION_ERROR: HTTPStatus.PRECONDITION_FAILED,
    ResponseTypes.SYSTEM_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
    ResponseTypes.UNAVAILABLE_ERROR: HTTPStatus.SERVICE_UNAVAILABLE,
}

# The `type` of an error with each status; the later ones are HTTP's own, not a use case's.
ERROR_TYPES: Mapping[HTTPStatus, str] = {
    **{
        status: kind.general
        for kind, status in STATUSES.items()
        if status >= HTTPStatus.BAD_REQUEST
    },
    HTTPStatus.UNAUTHORIZED: "AuthError",
    HTTPStatus.FORBIDDEN: "AuthError",
    HTTPStatus.METHOD_NOT_ALLOWED: "MethodError",
    HTTPStatus.NOT_ACCEPTABLE: "MediaTypeError",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "MediaTypeError",
    HTTPStatus.REQUEST_TIMEOUT: "LimitError",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "LimitError",
}
RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """A failure that does not come from a use case; it is falsy.

    Attributes:
        status: the status of the answer, one of ERROR_TYPES.
        errors: the errors themselves, if parameters were wrong.
    """

    status: HTTPStatus
    message: str
    headers: Headers = ()
    errors: tuple[ParameterError, ...] = ()

    def __bool__(self) -> Literal[False]:
        return False


class RefusedError(Exception):
    """Ends a request with an outcome, which the application answers; what was written is undone."""

    def __init__(self, outcome: "Outcome") -> None:
        super().__init__(outcome)
        self.outcome = outcome


FAILED = HttpFailure(HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed")

Failure = HttpFailure | ResponseFailure | InvalidRequest
Outcome = Answer | Failure


def render_failure(failure: Failure, request: Request) -> Answer:
    """Report a failure in the form that the client accepts: a page, problem details or JSON."""
    failure = _with_status(failure)
    status, message, headers = failure.status, failure.message, failure.headers
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        message = f"{message} (request {request.id})"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = (*headers, ("Retry-After", str(RETRY_AFTER_SECONDS)))
    if wants_page(request):
        body = failure_page(request, status, message)
        return as_page(Answer(status, body, headers=headers, cache="no-store"))
    if prefers_problem(request.accept):
        # One slash: two would start a host name.
        instance = f"/{quote(request.path.lstrip('/'))}#{request.id}"
        body = dump_problem(ERROR_TYPES[status], status, message, instance, failure.errors)
        return Answer(status, body, PROBLEM, headers, cache="no-store")
    body = dump_error(ERROR_TYPES[status], message)
    return Answer(status, body, JSON, headers, cache="no-store")


def _with_status(failure: Failure) -> HttpFailure:
    if isinstance(failure, HttpFailure):
        return failure
    if isinstance(failure, InvalidRequest):
        failure = build_response_from_invalid_request(failure)
    return HttpFailure(STATUSES[failure.type], failure.message, errors=failure.errors)


def unacceptable(offered: Sequence[str]) -> HttpFailure:
    """Say that a client accepts none of the offered media types."""
    message = f"Accept: allows none of the available media types: {', '.join(offered)}"
    return HttpFailure(HTTPStatus.NOT_ACCEPTABLE, message)
