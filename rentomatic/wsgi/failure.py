"""A failure becomes an answer: one table of statuses, one place for both forms of errors."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.responses import ResponseFailure, ResponseTypes
from rentomatic.serializers.problem import MEDIA_TYPE as PROBLEM
from rentomatic.serializers.problem import dump_error, dump_problem
from rentomatic.wsgi.negotiation import prefers_problem
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer, Headers

# The status of each kind, and the name by which clients know it.
STATUSES = {
    ResponseTypes.SUCCESS: (HTTPStatus.OK, "Success"),
    ResponseTypes.PARAMETERS_ERROR: (HTTPStatus.BAD_REQUEST, "ParametersError"),
    ResponseTypes.RESOURCE_ERROR: (HTTPStatus.NOT_FOUND, "ResourceError"),
    ResponseTypes.GONE_ERROR: (HTTPStatus.GONE, "ResourceError"),
    ResponseTypes.METHOD_ERROR: (HTTPStatus.METHOD_NOT_ALLOWED, "MethodError"),
    ResponseTypes.NOT_ACCEPTABLE_ERROR: (HTTPStatus.NOT_ACCEPTABLE, "MediaTypeError"),
    ResponseTypes.UNAUTHORIZED_ERROR: (HTTPStatus.UNAUTHORIZED, "AuthError"),
    ResponseTypes.FORBIDDEN_ERROR: (HTTPStatus.FORBIDDEN, "AuthError"),
    ResponseTypes.CONFLICT_ERROR: (HTTPStatus.CONFLICT, "ConflictError"),
    ResponseTypes.PRECONDITION_ERROR: (HTTPStatus.PRECONDITION_FAILED, "ConflictError"),
    ResponseTypes.TIMEOUT_ERROR: (HTTPStatus.REQUEST_TIMEOUT, "LimitError"),
    ResponseTypes.SIZE_ERROR: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "LimitError"),
    ResponseTypes.MEDIA_TYPE_ERROR: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "MediaTypeError"),
    ResponseTypes.SYSTEM_ERROR: (HTTPStatus.INTERNAL_SERVER_ERROR, "SystemError"),
    ResponseTypes.UNAVAILABLE_ERROR: (HTTPStatus.SERVICE_UNAVAILABLE, "SystemError"),
}
RETRY_AFTER_SECONDS = 1


def answer_failure(failure: ResponseFailure, request: Request, headers: Headers = ()) -> Answer:
    """Tell a client what went wrong, in the form that it reads."""
    status, kind = STATUSES[failure.type]
    message = failure.message
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        message = f"{message} (request {request.id})"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = (*headers, ("Retry-After", str(RETRY_AFTER_SECONDS)))
    if prefers_problem(request.accept):
        # One slash: two would name a host.
        instance = f"/{quote(request.path.lstrip('/'))}#{request.id}"
        body = dump_problem(kind, status, message, instance, failure.errors)
        return Answer(status, body, PROBLEM, headers, cache="no-store")
    return Answer(status, dump_error(kind, message), JSON, headers, cache="no-store")


def unacceptable(offered: Sequence[str]) -> ResponseFailure:
    """Say that a client takes none of the media types that there are."""
    message = f"Accept: takes none of what there is: {', '.join(offered)}"
    return ResponseFailure(ResponseTypes.NOT_ACCEPTABLE_ERROR, message)


def answer_unacceptable(request: Request, offered: Sequence[str]) -> Answer:
    """Tell a client so."""
    return answer_failure(unacceptable(offered), request)
