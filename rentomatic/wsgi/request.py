"""A request as the handlers see it."""

import re
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from io import BytesIO
from random import getrandbits
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rentomatic.wsgi.query import Query, parse_query

if TYPE_CHECKING:
    from _typeshed import SupportsRead

Environ = MutableMapping[str, Any]

# RFC 3986, section 3.2.2, without rare forms: names, IPv4 and IPv6 addresses, and a port.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]+)(:[0-9]{0,5})?")
_CLIENT = re.compile(r"[0-9A-Fa-f.:]{2,45}")
_LENGTH = re.compile(r"[0-9]{1,18}")
# Set by our own server.
ARRIVED = "rentomatic.arrived"
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class Content:
    """The body of a request, not yet read.

    Attributes:
        type: the media type with its parameters; empty if missing.
        encoding: the content encoding; empty if missing.
        length: in bytes, if declared.
    """

    type: str = ""
    encoding: str = ""
    length: int | None = None
    stream: "SupportsRead[bytes]" = field(default_factory=BytesIO)

    @property
    def media_type(self) -> str:
        """The media type without its parameters."""
        return self.type.partition(";")[0].strip().lower()

    @property
    def is_plain(self) -> bool:
        """Whether it is not encoded."""
        return self.encoding in {"", "identity"}


NO_CONTENT = Content()


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        path: decoded.
        id: the client's or proxy's if well formed, otherwise a new one.
        accept: the accepted media types; empty for any.
        accept_language: the accepted languages; empty for any.
        if_none_match: entity tags of answers that the client has; None without the header.
        if_match: entity tags of which one must be current; None without the header.
        if_modified_since: when the client's answer was modified; None without the header.
        is_conditional: whether a read depends on these tags.
        idempotency_key: the client's name for a write; None without the header.
        content: the body of a write.
        is_http_1_0: whether the client would mistake a cut connection for the end of an answer.
        address: of the service, as the client sees it: scheme, host and port.
        arrived: when its head had arrived, or a little later; by time.monotonic().
        actor: the name of its token; None without a token, or if the operation ignores it.
        signed_in: the name of the token of who is signed in on the page; None for a visitor.
        is_own_form: whether one of our own pages sends it.
        client: the address of the client; None if unknown.
    """

    method: str
    path: str
    query: Query
    id: str
    accept: str
    accept_language: str
    if_none_match: str | None
    if_match: str | None
    is_conditional: bool
    if_modified_since: str | None
    idempotency_key: str | None
    is_http_1_0: bool
    address: str
    arrived: float
    content: Content = NO_CONTENT
    actor: str | None = None
    signed_in: str | None = None
    is_own_form: bool = False
    client: str | None = None


def read_request(environ: Environ) -> Request:
    """Read a request from a WSGI environment."""
    given_id = environ.get("HTTP_X_REQUEST_ID", "")
    if_none_match, if_match = environ.get("HTTP_IF_NONE_MATCH"), environ.get("HTTP_IF_MATCH")
    named = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME')}:{environ.get('SERVER_PORT')}"
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace") or "/",
        query=parse_query(environ.get("QUERY_STRING", "")),
        id=given_id if REQUEST_ID.fullmatch(given_id) else _new_id(),
        accept=environ.get("HTTP_ACCEPT", ""),
        accept_language=environ.get("HTTP_ACCEPT_LANGUAGE", ""),
        if_none_match=if_none_match,
        if_match=if_match,
        is_conditional=if_match is not None or bool(if_none_match),
        if_modified_since=environ.get("HTTP_IF_MODIFIED_SINCE"),
        idempotency_key=environ.get("HTTP_IDEMPOTENCY_KEY"),
        is_http_1_0=environ.get("SERVER_PROTOCOL") == "HTTP/1.0",
        address=f"{environ.get('wsgi.url_scheme', 'http')}://{named}",
        arrived=environ.get(ARRIVED) or time.monotonic(),
    )


def _new_id() -> str:
    """Return a random UUID; as it is not a secret, it does without the system call of uuid4()."""
    return str(UUID(int=getrandbits(128), version=4))


def read_content(environ: Environ) -> Content:
    """Read the headers of a body."""
    length = environ.get("CONTENT_LENGTH") or ""
    return Content(
        environ.get("CONTENT_TYPE", ""),
        environ.get("HTTP_CONTENT_ENCODING", "").strip().lower(),
        int(length) if _LENGTH.fullmatch(length) else None,
        environ.get("wsgi.input") or BytesIO(),
    )


def names_host(environ: Environ) -> bool:
    """Return whether `Host` is valid; HTTP/1.0 may omit it."""
    is_http_1_0 = environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return bool(_HOST.fullmatch(environ.get("HTTP_HOST", "-" if is_http_1_0 else "")))


def client_of(environ: Mapping[str, Any]) -> str | None:
    """Return the address of the peer, or on a unix socket the one that our proxy passes on."""
    address = environ.get("REMOTE_ADDR") or environ.get("HTTP_X_REAL_IP") or ""
    return address if _CLIENT.fullmatch(address) else None


def is_preflight(environ: Environ) -> bool:
    """Return whether a request is a CORS preflight."""
    return "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
