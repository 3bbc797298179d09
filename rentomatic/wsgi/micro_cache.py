"""Caching for up to a second by our own nginx (ops/nginx/http.conf)."""

from dataclasses import replace
from http import HTTPStatus

from rentomatic.requests.room_list import UNLIMITED
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer

_KEPT = {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}


def keep_for_a_moment(outcome: Outcome, request: Request, second: int) -> Outcome:
    """Let our own nginx cache an answer until a second of the Unix epoch ends.

    nginx counts whole seconds: if the second was read before the database, no cached answer is
    older than a second. nginx removes the header, and nginx 1.22 ignores it after
    `Cache-Control`.
    """
    is_stream = request.query.values.get("limit") == UNLIMITED
    if is_stream or not isinstance(outcome, Answer) or outcome.status not in _KEPT:
        return outcome
    if "no-store" in outcome.cache:
        return outcome
    return replace(outcome, headers=(("X-Accel-Expires", f"@{second}"), *outcome.headers))
