"""A request, as the handlers see it."""

import re
import uuid
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol

from rentomatic.wsgi.query import Query, parse_query

Environ = MutableMapping[str, Any]

# RFC 3986, section 3.2.2, without the rare: names, IPv4 and IPv6 addresses, and a port.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]+)(:[0-9]{0,5})?")
_LENGTH = re.compile(r"[0-9]{1,18}")
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Stream(Protocol):
    """What `wsgi.input` is."""

    def read(self, size: int, /) -> bytes:
        """Read at most `size` bytes, fewer only at the end."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a request sends.

    Attributes:
        type: its media type, with parameters; empty if none is given.
        encoding: how it is encoded; empty if not at all.
        length: in bytes, if that is known before it is read.
        stream: the bytes themselves.
    """

    type: str = ""
    encoding: str = ""
    length: int | None = None
    stream: Stream = field(default_factory=BytesIO)

    @property
    def media_type(self) -> str:
        """Its media type, without parameters."""
        return self.type.partition(";")[0].strip().lower()

    @property
    def is_plain(self) -> bool:
        """Whether it is not encoded."""
        return self.encoding in {"", "identity"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        method: GET, HEAD, ...
        path: decoded.
        query: its parameters.
        id: the client's or proxy's name for it if that is well formed, else one of our own.
        accept: the media types that are asked for; empty for any.
        if_none_match: the entity tags of the answers that the client has; None for no such header.
        if_match: the entity tags of the answers on which a write builds; None for no such header.
        idempotency_key: the client's name for a write; None for no such header.
        content: what it sends.
        is_http_1_0: whether the client would take a cut connection for the end of an answer.
        address: the service's, as the client names it: scheme, host and port.
        actor: the name of its token; None if that does not matter, or if it has none.
    """

    method: str
    path: str
    query: Query
    id: str
    accept: str
    if_none_match: str | None
    if_match: str | None
    idempotency_key: str | None
    content: Content
    is_http_1_0: bool
    address: str
    actor: str | None = None


def read_request(environ: Environ) -> Request:
    """Read a request from a WSGI environment."""
    given_id = environ.get("HTTP_X_REQUEST_ID", "")
    named = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME')}:{environ.get('SERVER_PORT')}"
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace") or "/",
        query=parse_query(environ.get("QUERY_STRING", "")),
        id=given_id if REQUEST_ID.fullmatch(given_id) else str(uuid.uuid4()),
        accept=environ.get("HTTP_ACCEPT", ""),
        if_none_match=environ.get("HTTP_IF_NONE_MATCH"),
        if_match=environ.get("HTTP_IF_MATCH"),
        idempotency_key=environ.get("HTTP_IDEMPOTENCY_KEY"),
        content=_read_content(environ),
        is_http_1_0=environ.get("SERVER_PROTOCOL") == "HTTP/1.0",
        address=f"{environ.get('wsgi.url_scheme', 'http')}://{named}",
    )


def _read_content(environ: Environ) -> Content:
    length = environ.get("CONTENT_LENGTH") or ""
    return Content(
        environ.get("CONTENT_TYPE", ""),
        environ.get("HTTP_CONTENT_ENCODING", "").strip().lower(),
        int(length) if _LENGTH.fullmatch(length) else None,
        environ.get("wsgi.input") or BytesIO(),
    )


def names_host(environ: Environ) -> bool:
    """Tell whether a request names a host as HTTP/1.1 wants it; HTTP/1.0 may leave it out."""
    is_http_1_0 = environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return bool(_HOST.fullmatch(environ.get("HTTP_HOST", "-" if is_http_1_0 else "")))


def is_preflight(environ: Environ) -> bool:
    """Tell whether a browser asks what a page of another origin may do."""
    return "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
