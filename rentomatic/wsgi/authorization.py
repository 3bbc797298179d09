"""Who may write (RFC 6750)."""

import re
from http import HTTPStatus

from rentomatic.tokens import actor_of
from rentomatic.wsgi.failure import HttpFailure
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.service import Service

# The methods that need a token.
WRITES = {"POST", "PUT", "PATCH", "DELETE"}

_BEARER = re.compile(r"Bearer +(.*)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")

NOT_CONFIGURED = HttpFailure(
    HTTPStatus.FORBIDDEN,
    "Nobody may change rooms here, as no token is configured; make one: rentomatic token new",
)
MISSING = HttpFailure(
    HTTPStatus.UNAUTHORIZED,
    "Changing rooms needs a token: Authorization: Bearer TOKEN",
    (("WWW-Authenticate", "Bearer"),),
)
WRONG = HttpFailure(
    HTTPStatus.UNAUTHORIZED,
    "The token is not one that is valid here",
    (("WWW-Authenticate", 'Bearer error="invalid_token"'),),
)


def authorize(service: Service, request: Request) -> str | HttpFailure:
    """Return the name of the token of a request that writes, or refuse it unread."""
    if not service.tokens:
        return NOT_CONFIGURED
    return MISSING if (owner := identify(service, request)) is None else owner


def identify(service: Service, request: Request) -> str | HttpFailure | None:
    """Return the name of the token of a request that needs none; None without one."""
    match = _BEARER.fullmatch(request.authorization)
    if not match:
        return None
    token = match[1].strip()
    name = actor_of(token, service.tokens) if _TOKEN.fullmatch(token) else None
    return WRONG if name is None else name
