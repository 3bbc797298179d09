"""Caching for up to a second by our own nginx (ops/nginx/http.conf)."""

import time
from dataclasses import replace
from http import HTTPStatus

from rentomatic.requests.room_list import UNLIMITED
from rentomatic.wsgi.request import Environ, Request
from rentomatic.wsgi.response import Answer

_KEPT = {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}


def second_of(environ: Environ) -> int | None:
    """Return the current second of the Unix epoch if the request is from our own nginx.

    Only nginx connects over a Unix socket.
    """
    return int(time.time()) if environ.get("REMOTE_ADDR") == "" else None


def keep_for_a_moment(answer: Answer, request: Request, second: int | None) -> Answer:
    """Let our own nginx cache an answer until the second ends.

    nginx counts whole seconds: if the second was read before the database, no cached answer is
    older than a second. nginx removes the header, and nginx 1.22 ignores it after
    `Cache-Control`.
    """
    is_stream = request.query.values.get("limit") == UNLIMITED
    if second is None or is_stream or answer.status not in _KEPT:
        return answer
    return replace(answer, headers=(("X-Accel-Expires", f"@{second}"), *answer.headers))
