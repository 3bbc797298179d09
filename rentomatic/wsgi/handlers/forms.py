"""What all handlers of forms share: who may use them, and how they are read."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import wraps
from http import HTTPStatus
from urllib.parse import quote
from uuid import uuid4

from rentomatic.requests.base import InvalidRequest
from rentomatic.responses import ResponseFailure, ResponseTypes
from rentomatic.wsgi.arguments import read_form_page
from rentomatic.wsgi.body import receive
from rentomatic.wsgi.failure import HttpFailure, Outcome, RefusedError
from rentomatic.wsgi.form_body import MAX_FORM_BYTES, Fields, check_fields, parse_form
from rentomatic.wsgi.pages.rendering import Linker, address, as_page
from rentomatic.wsgi.repetition import answer_once
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service

Handler = Callable[..., Outcome]

# The hidden fields: If-Match and Idempotency-Key.
TAG_FIELD = "etag"
KEY_FIELD = "key"

SIGN_IN = "/sign-in"
RETURN = "return"

FOREIGN = HttpFailure(
    HTTPStatus.FORBIDDEN,
    "A form must be sent by a page of this site: Sec-Fetch-Site must be same-origin, or Origin the "
    "site's address, RENTOMATIC_PUBLIC_URL",
)
SIGNED_OUT = HttpFailure(
    HTTPStatus.UNAUTHORIZED,
    "Nothing was changed, because you are not signed in; "
    "sign in using another tab, then send this form again",
    (("WWW-Authenticate", "Bearer"),),
)


def ours(handler: Handler) -> Handler:
    """Accept a form only from one of our own pages."""

    @wraps(handler)
    def answer(service: Service, request: Request, **segments: object) -> Outcome:
        if request.method == "POST" and not request.is_own_form:
            return FOREIGN
        return handler(service, request, **segments)

    return answer


def for_staff(*parameters: str) -> Callable[[Handler], Handler]:
    """Let only people who are signed in use a page, which may have these query parameters."""

    def decorate(handler: Handler) -> Handler:
        @ours
        @wraps(handler)
        def answer(service: Service, request: Request, **segments: object) -> Outcome:
            if request.signed_in is None:
                return SIGNED_OUT if request.method == "POST" else _to_sign_in(request)
            if errors := read_form_page(request, *parameters):
                return InvalidRequest(tuple(errors))
            return handler(service, request, **segments)

        return answer

    return decorate


def _to_sign_in(request: Request) -> Answer:
    here = address(request.path, request.query.sent.values())
    return redirect(request, SIGN_IN, f"{RETURN}={quote(here, safe='')}")


def redirect(request: Request, path: str, query: str = "", *headers: tuple[str, str]) -> Answer:
    """Send the browser to another page of the site, in the same language."""
    location = ("Location", Linker(request).link(path, query))
    return Answer(
        HTTPStatus.SEE_OTHER, media_type=None, headers=(location, *headers), cache="no-store"
    )


def form_page(body: bytes, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """Return a page with a form, which no cache stores."""
    return as_page(Answer(status, body, cache="no-store"))


def new_key() -> str:
    """Return the name of a write that a form will make."""
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was sent.

    Attributes:
        fields: its visible fields.
        tag: the entity tag of what the person has seen; empty for nothing.
        key: the name of the write.
        request: the request, with these as If-Match and Idempotency-Key.
    """

    fields: Fields
    tag: str
    key: str
    request: Request


def read_sent(service: Service, request: Request, names: Collection[str]) -> Sent:
    """Read a form with these fields.

    Raises:
        RefusedError: it is malformed, or has other fields.
    """
    with receive(request.content, MAX_FORM_BYTES) as received:
        body = received.read()
    fields = dict(parse_form(body))
    tag, key = fields.pop(TAG_FIELD, ""), fields.pop(KEY_FIELD, "")
    check_fields(fields, names)
    # With a name, the write is one transaction; without PostgreSQL, a double click writes twice.
    name = (key or new_key()) if service.stores.idempotency else ""
    # It has been read, but its digest still identifies the request.
    content = replace(request.content, stream=received)
    again = replace(request, content=content, if_match=tag or None, idempotency_key=name or None)
    return Sent(fields, tag, key, again)


def write_once(sent: Sent, service: Service, write: Callable[[Service], Outcome]) -> Outcome:
    """Make the write of a form, once for each key; a failure is returned, and nothing is kept."""

    def handler(inner: Service, _request: Request) -> Outcome:
        return write(inner)

    try:
        return answer_once(service, sent.request, handler, MAX_FORM_BYTES)
    except RefusedError as refused:
        return refused.outcome


def is_conflict(outcome: Outcome) -> bool:
    """Return whether a write was refused because someone else has changed the room."""
    return isinstance(outcome, ResponseFailure) and outcome.type is ResponseTypes.PRECONDITION_ERROR
