"""What our own nginx may keep for a moment (ops/nginx/http.conf)."""

import time
from dataclasses import replace
from http import HTTPStatus

from rentomatic.requests.room_list import UNLIMITED
from rentomatic.wsgi.request import Environ, Request
from rentomatic.wsgi.response import Answer

_KEPT = {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}


def second_of(environ: Environ) -> int | None:
    """Return the present second of the Unix epoch, for a request of our own nginx; else None.

    Only nginx comes over a unix socket.
    """
    return int(time.time()) if environ.get("REMOTE_ADDR") == "" else None


def keep_for_a_moment(answer: Answer, request: Request, second: int | None) -> Answer:
    """Let our own nginx keep an answer until a second is over.

    nginx counts whole seconds: if the second was taken before the database was read, no answer
    gets older than a second. It does not pass the header on, and 1.22 heeds it only before
    `Cache-Control`.
    """
    is_stream = request.query.values.get("limit") == UNLIMITED
    if second is None or is_stream or answer.status not in _KEPT:
        return answer
    return replace(answer, headers=(("X-Accel-Expires", f"@{second}"), *answer.headers))
