"""Signing in and out."""

import math
import re
from http import HTTPStatus

from rentomatic.requests.base import InvalidRequest
from rentomatic.wsgi.arguments import read_form_page
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.handlers.forms import RETURN, form_page, ours, read_sent, redirect
from rentomatic.wsgi.pages.signing import sign_in_page
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.service import Service

TOKEN = "token"  # noqa: S105 - the name of a field
START = "/rooms"

# A path of this site. Browsers read // and /\ as the start of another site's address, and skip
# tabs and line breaks.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*", re.ASCII)


def sign_in(service: Service, request: Request) -> Outcome:
    """Ask for a token, or say why nobody can sign in."""
    if errors := read_form_page(request, RETURN):
        return InvalidRequest(tuple(errors))
    back = own_path(request.query.values.get(RETURN, ""))
    if not service.sessions.are_possible:
        return _refuse(service, request, back)
    return form_page(sign_in_page(request, back))


@ours
def take_token(service: Service, request: Request) -> Outcome:
    """Sign in, and return to where the person came from.

    Wrong, malformed and revoked tokens get the same answer, and are charged to the address.
    """
    sent = read_sent(service, request, {TOKEN, RETURN})
    back = own_path(sent.fields.get(RETURN, ""))
    sessions, token = service.sessions, sent.fields.get(TOKEN, "").strip()
    if not sessions.are_possible:
        return _refuse(service, request, back)
    if not token:
        return form_page(sign_in_page(request, back, "missing"), HTTPStatus.BAD_REQUEST)
    client = request.client or ""
    if seconds := math.ceil(sessions.attempts.charge(client)):
        problem = "wait.one" if seconds == 1 else "wait.other"
        body = sign_in_page(request, back, problem, seconds=seconds)
        answer = form_page(body, HTTPStatus.TOO_MANY_REQUESTS)
        return answer.with_headers(("Retry-After", str(seconds)))
    if sessions.name_of(token) is None:
        return form_page(sign_in_page(request, back, "wrong"), HTTPStatus.FORBIDDEN)
    sessions.attempts.forgive(client)
    path, _, query = back.partition("?")
    return redirect(request, path, query, sessions.begin(token))


@ours
def sign_out(service: Service, request: Request) -> Outcome:
    """Make the browser forget the token."""
    read_sent(service, request, ())
    return redirect(request, START, "", service.sessions.end())


def own_path(text: str) -> str:
    """Return a path of this site and its query, or where visitors start."""
    return text if _OWN_PATH.fullmatch(text) else START


def _refuse(service: Service, request: Request, back: str) -> Outcome:
    problem = "no_address" if service.sessions.tokens else "no_tokens"
    return form_page(sign_in_page(request, back, problem, is_possible=False), HTTPStatus.FORBIDDEN)
