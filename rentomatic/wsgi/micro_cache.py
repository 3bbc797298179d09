"""What our own nginx may keep for a moment (ops/nginx/http.conf)."""

from dataclasses import replace
from http import HTTPStatus

from rentomatic.requests.room_list import UNLIMITED
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer

_KEPT = {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}


def keep_for_a_moment(answer: Answer, request: Request) -> Answer:
    """Let our own nginx keep an answer until the second in which it was asked for is over.

    nginx reckons in whole seconds: of one that was taken before the database was read, no answer
    gets older than a second. It passes the header on to nobody, and 1.22 heeds it only before
    `Cache-Control`.
    """
    is_stream = request.query.values.get("limit") == UNLIMITED
    if request.second is None or is_stream or answer.status not in _KEPT:
        return answer
    return replace(answer, headers=(("X-Accel-Expires", f"@{request.second}"), *answer.headers))
