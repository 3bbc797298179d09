"""A request, as the handlers see it."""

import re
import time
import uuid
from collections.abc import MutableMapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

from rentomatic.wsgi.query import Query, parse_query

Environ = MutableMapping[str, Any]

# RFC 3986, section 3.2.2, without the rare: names, IPv4 and IPv6 addresses, and a port.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]+)(:[0-9]{0,5})?")
_LENGTH = re.compile(r"[0-9]{1,18}")
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Body(Protocol):
    """What `wsgi.input` is."""

    def read(self, size: int, /) -> bytes:
        """Read at most so many bytes, fewer only at the end."""


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
        authorization: who the client says it is; empty for nobody.
        owner: whose token it has; None where that does not matter, or where it has none.
        idempotency_key: the client's name for a write; None for no such header.
        content_type: of the body.
        content_encoding: of the body.
        content_length: of the body in bytes, where that is known before it is read.
        body: what is sent, to read.
        is_http_1_0: whether the client would take a cut connection for the end of an answer.
        has_host: whether it names a host as HTTP/1.1 wants it.
        address: the service's, as the client names it: scheme, host and port.
        is_preflight: whether a browser asks what another origin's page may do.
        second: the whole second, of the Unix epoch, in which it came from our own proxy, who alone
            comes over a unix socket; None for anyone else's.
    """

    method: str
    path: str
    query: Query
    id: str
    accept: str
    if_none_match: str | None
    if_match: str | None
    authorization: str
    owner: str | None
    idempotency_key: str | None
    content_type: str
    content_encoding: str
    content_length: int | None
    body: Body
    is_http_1_0: bool
    has_host: bool
    address: str
    is_preflight: bool
    second: int | None


def read_request(environ: Environ) -> Request:
    """Read a request from a WSGI environment."""
    given_id = environ.get("HTTP_X_REQUEST_ID", "")
    length = environ.get("CONTENT_LENGTH") or ""
    is_http_1_0 = environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    named = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME')}:{environ.get('SERVER_PORT')}"
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace") or "/",
        query=parse_query(environ.get("QUERY_STRING", "")),
        id=given_id if REQUEST_ID.fullmatch(given_id) else str(uuid.uuid4()),
        accept=environ.get("HTTP_ACCEPT", ""),
        if_none_match=environ.get("HTTP_IF_NONE_MATCH"),
        if_match=environ.get("HTTP_IF_MATCH"),
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
        owner=None,
        idempotency_key=environ.get("HTTP_IDEMPOTENCY_KEY"),
        content_type=environ.get("CONTENT_TYPE", ""),
        content_encoding=environ.get("HTTP_CONTENT_ENCODING", "").strip().lower(),
        content_length=int(length) if _LENGTH.fullmatch(length) else None,
        body=environ.get("wsgi.input") or BytesIO(),
        is_http_1_0=is_http_1_0,
        has_host=bool(_HOST.fullmatch(environ.get("HTTP_HOST", "-" if is_http_1_0 else ""))),
        address=f"{environ.get('wsgi.url_scheme', 'http')}://{named}",
        is_preflight="HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ,
        second=int(time.time()) if environ.get("REMOTE_ADDR") == "" else None,
    )
