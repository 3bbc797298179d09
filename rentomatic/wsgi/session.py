"""Sign-in on the pages: a cookie holds the token, and counts for our own pages only.

There is no store of sessions: a session ends with its token, or when the browser forgets the
cookie. The API ignores it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rentomatic.public_url import can_sign_in, is_secure
from rentomatic.throttle import Throttle, sign_in_attempts
from rentomatic.tokens import NO_TOKENS, Tokens, actor_of

_COOKIE = "rentomatic"
# Browsers take a cookie of this name only from the host itself, encrypted (RFC 6265bis).
_HOST_PREFIX = "__Host-"
# As in ops/nginx/http.conf: whether the cookie is there, valid or not.
_CARRIED = re.compile(rf"(?:^|[;,\s])(?:{_HOST_PREFIX})?{_COOKIE}\s*=")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,255}=*", re.ASCII)

# What a typed address or a bookmark sends instead of an origin.
_NO_SITE = "none"
_SAME_ORIGIN = "same-origin"

_Environ = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sessions:
    """How people sign in.

    Attributes:
        tokens: names, by the digests of their tokens.
        public_url: the address of the site; without one nobody can sign in.
        attempts: counts wrong tokens by address.
    """

    tokens: Tokens = field(default_factory=lambda: NO_TOKENS)
    public_url: str | None = None
    attempts: Throttle = field(default_factory=sign_in_attempts)

    @property
    def are_possible(self) -> bool:
        """Whether anyone can sign in: there are tokens, and they cannot be read on the way."""
        return bool(self.tokens) and can_sign_in(self.public_url)

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return f"{_HOST_PREFIX if is_secure(self.public_url) else ''}{_COOKIE}"

    def begin(self, token: str) -> tuple[str, str]:
        """Return the header that signs a browser in, until it is closed."""
        return self._set(f"{self.cookie}={token}")

    def end(self) -> tuple[str, str]:
        """Return the header that signs a browser out."""
        return self._set(f"{self.cookie}=; Max-Age=0")

    def _set(self, cookie: str) -> tuple[str, str]:
        secure = "; Secure" if is_secure(self.public_url) else ""
        return "Set-Cookie", f"{cookie}; Path=/; HttpOnly; SameSite=Strict{secure}"

    def name_of(self, token: str) -> str | None:
        """Return the name of a token, in a time that does not depend on it; None if not valid."""
        return actor_of(token, self.tokens) if _TOKEN.fullmatch(token) else None

    def reader(self, environ: _Environ) -> str | None:
        """Return the name of the reader of a page; None if nobody is signed in.

        The cookie does not count if a page of another origin made the request.
        """
        if not self.is_own(environ, _SAME_ORIGIN, _NO_SITE):
            return None
        return self._holder(environ)

    def is_own_form(self, environ: _Environ) -> bool:
        """Return whether one of our own pages sends a request (the Fetch standard's headers).

        Browsers without `Sec-Fetch-Site` send an `Origin` with each form.
        """
        return self.is_own(environ, _SAME_ORIGIN) and self._names_origin(environ)

    def is_own(self, environ: _Environ, *sites: str) -> bool:
        """Return whether a request is not from another site, as far as its headers say."""
        site = environ.get("HTTP_SEC_FETCH_SITE")
        if site is not None:
            return site in sites
        origin = environ.get("HTTP_ORIGIN")
        return origin is None or (self.public_url is not None and origin == self.public_url)

    @staticmethod
    def _names_origin(environ: _Environ) -> bool:
        return "HTTP_SEC_FETCH_SITE" in environ or "HTTP_ORIGIN" in environ

    def _holder(self, environ: _Environ) -> str | None:
        if not self.are_possible:
            return None
        token = _read_cookie(environ.get("HTTP_COOKIE", ""), self.cookie)
        return self.name_of(token) if token else None


def carries_session(environ: _Environ) -> bool:
    """Return whether a request has the cookie of someone who is, or was, signed in."""
    return "HTTP_COOKIE" in environ and _CARRIED.search(environ["HTTP_COOKIE"]) is not None


def _read_cookie(header: str, name: str) -> str | None:
    """Return the value of a cookie; None if it is missing, or ambiguous because it is repeated.

    Only blanks are stripped (RFC 6265, section 4.2.1). For a browser, a name that begins with
    another kind of white space has no prefix, so pages of a subdomain may set such a cookie.
    """
    pairs = (each.strip(" \t").partition("=") for each in header.split(";"))
    values = [value for given, _, value in pairs if given == name]
    return values[0] if len(values) == 1 else None
