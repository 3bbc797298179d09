"""The WSGI callable."""

import errno
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from rentomatic import __version__
from rentomatic.domain.rent import Rent
from rentomatic.domain.tiles import Tiles
from rentomatic.formats.json import dump_value
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.requests.parsers import shown
from rentomatic.requests.room_list import UNLIMITED
from rentomatic.tokens import NO_TOKENS, Tokens
from rentomatic.wsgi.authorization import WRITES, authorize, identify
from rentomatic.wsgi.body import is_taken, unsupported
from rentomatic.wsgi.conditional import TAG, under_conditions
from rentomatic.wsgi.failure import FAILED, HttpFailure, Outcome, RefusedError, render_failure
from rentomatic.wsgi.micro_cache import keep_for_a_moment
from rentomatic.wsgi.ogc.documents import write_documents
from rentomatic.wsgi.openapi.document import describe
from rentomatic.wsgi.openapi.manual import arrange
from rentomatic.wsgi.pages.choice import wants_page
from rentomatic.wsgi.pages.rendering import as_private
from rentomatic.wsgi.request import (
    Environ,
    Request,
    client_of,
    is_preflight,
    names_host,
    read_content,
    read_request,
)
from rentomatic.wsgi.response import Answer, Headers
from rentomatic.wsgi.routing import API, FORMS, Found, Operation, Route, find_route, nothing_at
from rentomatic.wsgi.service import Documents, Limits, Service, Stores, Webhooks
from rentomatic.wsgi.session import Sessions, carries_session

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

    from rentomatic.metrics import Metrics

logger = logging.getLogger(__name__)

_EXPOSED = "ETag, Link, Location, X-Total-Count, X-Total-Count-Kind, X-Request-Id, Retry-After"
# What every answer has. Pages of any origin may use the API, because it takes no cookie.
_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", _EXPOSED),
)
_SENT = (
    *("Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"),
    *("X-Request-Id", "X-Requested-With"),
)
# No Access-Control-Allow-Credentials: browsers then send no cookies.
_PREFLIGHT = (
    ("Access-Control-Allow-Headers", ", ".join(_SENT)),
    ("Access-Control-Max-Age", "86400"),
)

NO_HOST = HttpFailure(HTTPStatus.BAD_REQUEST, "Host: is missing or not a host name")

_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class Application:
    """Answers requests over a repository (PEP 3333); safe to share between threads."""

    def __init__(  # noqa: PLR0913 - one for each part of the service
        self,
        stores: Stores,
        limits: Limits | None = None,
        *,
        tokens: Tokens = NO_TOKENS,
        release: str = __version__,
        metrics: "Metrics | None" = None,
        rent: Rent | None = None,
        tiles: Tiles | None = None,
        public_url: str | None = None,
        webhooks: Webhooks | None = None,
    ) -> None:
        limits, rent = limits or Limits(), rent or Rent()
        document = describe(API, __version__, limits.rooms, rent)
        ogc = write_documents(public_url or "", __version__, limits.rooms, rent)
        documents = Documents(dump_value(document), arrange(document), ogc)
        sessions = Sessions(tokens, public_url)
        self._service = Service(
            *(stores, limits, documents, release, tokens, metrics),
            rent=rent,
            tiles=tiles,
            sessions=sessions,
            webhooks=webhooks or Webhooks(),
        )
        self._service_over_copies = self._service.over_copies()

    def __call__(self, environ: Environ, start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request; a failure too gets an answer, in the form that the client accepts."""
        request = self._recognized(read_request(environ), environ)
        found = find_route(request.path)
        # For the log and the counts of requests.
        environ["rentomatic.request_id"] = request.id
        environ["rentomatic.route"] = found[0].path if found else None
        try:
            outcome = self._answer(request, found, environ)
        except RefusedError as refused:
            outcome = refused.outcome
        except Exception:
            # The last resort: the client gets an id to quote, the log the traceback.
            logger.exception("request %s failed", request.id)
            outcome = FAILED
        answer = outcome if isinstance(outcome, Answer) else render_failure(outcome, request)
        if request.signed_in:
            answer = as_private(answer)
        return _send(answer, request, start_response)

    def _recognized(self, request: Request, environ: Environ) -> Request:
        """Note who is signed in, if the answer is a page; the API takes no cookie."""
        if "HTTP_COOKIE" not in environ or not wants_page(request):
            return request
        if (name := self._service.sessions.reader(environ)) is None:
            return request
        # The page that a browser has may be one for visitors, or for someone else.
        return replace(
            request, signed_in=name, is_conditional=False, if_match=None, if_none_match=None
        )

    def _answer(self, request: Request, found: Found | None, environ: Environ) -> Outcome:
        if not names_host(environ):
            return NO_HOST
        if found is None:
            return nothing_at(request.path)
        route, segments = found
        if request.method == "OPTIONS":
            return _answer_options(route, environ)
        operation = route.operations.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            return _not_allowed(route, request)
        return self._operate(route, operation, segments, request, environ)

    def _operate(
        self,
        route: Route,
        operation: Operation,
        segments: Mapping[str, str],
        request: Request,
        environ: Environ,
    ) -> Outcome:
        service, is_write = self._service, request.method in WRITES
        if operation.may_lag and _may_lag(request, environ):
            service = self._service_over_copies
        elif operation.is_form:
            request = _as_form(request, service, environ)
            environ["rentomatic.token"] = request.signed_in if is_write else None
            if request.signed_in:
                service = service.over(service.stores.repository.acting_as(request.signed_in))
        elif is_write or operation.needs_token or operation.reads_token:
            check = identify if operation.reads_token else authorize
            actor = check(environ.get("HTTP_AUTHORIZATION", ""), service.tokens)
            if isinstance(actor, HttpFailure):
                return actor
            environ["rentomatic.token"] = actor
            request = replace(request, actor=actor, content=read_content(environ))
            if actor:
                service = service.over(service.stores.repository.acting_as(actor))
        values = route.convert(segments) if segments else {}
        if isinstance(values, HttpFailure):
            return values
        if operation.media_types and not is_taken(request.content, operation.media_types):
            return _unsupported(route, operation, request)
        second = int(time.time())
        outcome = operation.handler(service, request, **values)
        if not is_write and isinstance(outcome, Answer):
            outcome = under_conditions(request, outcome)
        # Only our own nginx connects over a Unix socket.
        is_kept = operation.is_kept and environ.get("REMOTE_ADDR") == "" and not request.signed_in
        return keep_for_a_moment(outcome, request, second) if is_kept else outcome


def _may_lag(request: Request, environ: Environ) -> bool:
    """Return whether a replica may answer a search.

    Who writes sees what was written: requests with a token, or the cookie of a session, go to the
    primary. So do all rooms, because a copy of them is kept up to date by the primary's changes.
    """
    is_known = "HTTP_AUTHORIZATION" in environ or carries_session(environ)
    return not is_known and request.query.values.get("limit") != UNLIMITED


def _as_form(request: Request, service: Service, environ: Environ) -> Request:
    """Return a request for a page with a form, or the sent form: by cookie, and ours only."""
    sessions = service.sessions
    return replace(
        request,
        actor=(name := sessions.reader(environ)),
        signed_in=name,
        is_own_form=sessions.is_own_form(environ),
        client=client_of(environ),
        content=read_content(environ),
    )


def _not_allowed(route: Route, request: Request) -> HttpFailure:
    allow = ", ".join(route.methods)
    message = f"Method {shown(request.method)} cannot be used here; use {allow}"
    return HttpFailure(HTTPStatus.METHOD_NOT_ALLOWED, message, (("Allow", allow),))


def _answer_options(route: Route, environ: Environ) -> Answer:
    """List the methods of a resource; for a preflight, say what other origins may send."""
    methods = ", ".join(route.methods)
    offered = "GET, HEAD" if route.tag == FORMS else methods
    preflight = (("Access-Control-Allow-Methods", offered), *_PREFLIGHT)
    listed = (("Allow", methods), *_accept_patch(route))
    headers = preflight if is_preflight(environ) else listed
    return Answer(HTTPStatus.NO_CONTENT, media_type=None, headers=headers)


def _unsupported(route: Route, operation: Operation, request: Request) -> HttpFailure:
    """Refuse a body and list the accepted types (RFC 9110, section 15.5.16)."""
    accepted = _accept_patch(route)
    if request.method != "PATCH":
        accepted += (("Accept", ", ".join(operation.media_types)),)
    if not request.content.is_plain:
        accepted += (("Accept-Encoding", "identity"),)
    return unsupported(request.content, operation.media_types, accepted)


def _accept_patch(route: Route) -> Headers:
    """List the media types of a PATCH (RFC 5789, section 3.1), if the route has one."""
    patch = route.operations.get("PATCH")
    return (("Accept-Patch", ", ".join(patch.media_types)),) if patch else ()


def _send(answer: Answer, request: Request, start_response: "StartResponse") -> Iterable[bytes]:
    headers = [
        ("Vary", answer.vary),
        *_HEADERS,
        *answer.headers,
        ("Cache-Control", answer.cache),
        ("X-Request-Id", request.id),
    ]
    if answer.tag:
        headers.append((TAG, answer.tag))
    if answer.modified:
        headers.append(("Last-Modified", format_datetime(answer.modified, usegmt=True)))
    if answer.media_type:
        headers.append(("Content-Type", answer.media_type))
    if isinstance(answer.body, bytes) and answer.status not in _BODILESS:
        headers.append(("Content-Length", str(len(answer.body))))
    start_response(f"{answer.status.value} {answer.status.phrase}", headers)
    if request.method == "HEAD":
        return []
    return [answer.body] if isinstance(answer.body, bytes) else _cut_short(answer.body, request)


def _cut_short(pieces: Iterable[bytes], request: Request) -> Iterator[bytes]:
    """Pass on a stream; if the database fails, make the server cut the connection.

    The server takes the error for a client that disconnected: it logs one line, no traceback,
    and the answer does not look complete.
    """
    try:
        yield from pieces
    except RepositoryUnavailableError as reason:
        logger.warning("request %s was cut short: %s", request.id, reason)
        raise BrokenPipeError(errno.EPIPE, "the answer was cut short") from None
