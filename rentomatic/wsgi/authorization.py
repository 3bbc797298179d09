"""Who may write (RFC 6750)."""

import re

from rentomatic.responses import ResponseFailure, ResponseTypes
from rentomatic.tokens import actor_of
from rentomatic.wsgi.failure import answer_failure
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service

# The methods that need a token.
WRITES = {"POST", "PUT", "PATCH", "DELETE"}

_BEARER = re.compile(r"Bearer +(.*)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")

NOT_CONFIGURED = ResponseFailure(
    ResponseTypes.FORBIDDEN_ERROR,
    "Nobody may change rooms here, as no token is configured; make one: rentomatic token new",
)
MISSING = ResponseFailure(
    ResponseTypes.UNAUTHORIZED_ERROR,
    "Changing rooms needs a token: Authorization: Bearer TOKEN",
)
WRONG = ResponseFailure(ResponseTypes.UNAUTHORIZED_ERROR, "The token is not one that is valid here")


def authorize(service: Service, request: Request) -> str | Answer:
    """Name who makes a request that writes, or refuse it; its body is not looked at."""
    if not service.tokens:
        return answer_failure(NOT_CONFIGURED, request)
    missing = (("WWW-Authenticate", "Bearer"),)
    return identify(service, request) or answer_failure(MISSING, request, missing)


def identify(service: Service, request: Request) -> str | Answer | None:
    """Name who makes a request that needs no token; None for anybody, refused with a wrong one."""
    match = _BEARER.fullmatch(request.authorization)
    if not match:
        return None
    token = match[1].strip()
    name = actor_of(token, service.tokens) if _TOKEN.fullmatch(token) else None
    if name is None:
        challenge = (("WWW-Authenticate", 'Bearer error="invalid_token"'),)
        return answer_failure(WRONG, request, challenge)
    return name
