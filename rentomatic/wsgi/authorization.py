"""Who may write (RFC 6750)."""

import re
from http import HTTPStatus

from rentomatic.tokens import Tokens, actor_of
from rentomatic.wsgi.failure import HttpFailure

# The methods that need a token.
WRITES = {"POST", "PUT", "PATCH", "DELETE"}

_BEARER = re.compile(r"Bearer +(.*)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")

NOT_CONFIGURED = HttpFailure(
    HTTPStatus.FORBIDDEN,
    "Rooms cannot be changed and searches cannot be saved here: no token is configured; make one: "
    "rentomatic token new",
)
MISSING = HttpFailure(
    HTTPStatus.UNAUTHORIZED,
    "Changing rooms and saving searches needs a token: Authorization: Bearer TOKEN",
    (("WWW-Authenticate", "Bearer"),),
)
WRONG = HttpFailure(
    HTTPStatus.UNAUTHORIZED,
    "The token is not valid here",
    (("WWW-Authenticate", 'Bearer error="invalid_token"'),),
)


def authorize(given: str, tokens: Tokens) -> str | HttpFailure:
    """Return the name of the token in the `Authorization` of a write, or refuse the write."""
    if not tokens:
        return NOT_CONFIGURED
    return MISSING if (actor := identify(given, tokens)) is None else actor


def identify(given: str, tokens: Tokens) -> str | HttpFailure | None:
    """Return the name of the token of a request; None without a token."""
    match = _BEARER.fullmatch(given)
    if not match:
        return None
    token = match[1].strip()
    name = actor_of(token, tokens) if _TOKEN.fullmatch(token) else None
    return WRONG if name is None else name
