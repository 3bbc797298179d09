"""The head of a request: from bytes to a WSGI environment (PEP 3333).

gunicorn's parser decides what is a request. It takes ten times as long as everything else that is
done with a head, so plain requests, which are nearly all, are parsed by one regular expression that
is stricter than gunicorn. gunicorn parses the rest: requests with a body, with unusual headers, or
malformed ones.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

from gunicorn.http.errors import (
    InvalidHTTPVersion,
    InvalidRequestLine,
    NoMoreData,
    UnsupportedTransferCoding,
)
from gunicorn.http.message import MAX_REQUEST_LINE, Request
from gunicorn.http.unreader import IterUnreader
from gunicorn.http.wsgi import base_environ
from gunicorn.util import unquote_to_wsgi_str

Environ = dict[str, Any]

# RFC 9112, sections 3 and 5, without bodies, `#` in the target and `_` in names.
_PLAIN = re.compile(
    r"(GET|HEAD|OPTIONS) (/[!\"$-~]*) HTTP/1\.([01])"
    r"((?:\r\n[!#$%&'*+.^`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*)*)\r\n\r\n"
)
# A request with one of these is not plain.
_UNUSUAL = frozenset({"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT"})
# RFC 9112, section 3.2, and RFC 3986, section 2: printable ASCII.
_TARGET = re.compile(r"[!-~]+")


@dataclass(slots=True)
class Head:
    """The head of a request.

    Attributes:
        environ: the WSGI environment; `wsgi.input` is empty.
        rest: what has arrived after the head.
        length: the length of the body in bytes; None if it is chunked.
        is_awaited: whether the client waits for 100 Continue (RFC 9110, section 10.1.1).
        is_kept: whether the client keeps the connection open (RFC 9112, section 9.3).
    """

    environ: Environ
    rest: bytes
    length: int | None = 0
    is_awaited: bool = False
    is_kept: bool = True


class Heads:
    """Parses heads within the limits of gunicorn's settings."""

    def __init__(self, cfg: Any) -> None:  # noqa: ANN401 - gunicorn has no annotations
        self._cfg = cfg
        self._base = base_environ(cfg) | {"wsgi.multithread": True, "SCRIPT_NAME": ""}
        del self._base["wsgi.file_wrapper"]
        # A head no longer than the smallest limit is within each of them.
        self._max_length = min(
            cfg.limit_request_line, cfg.limit_request_field_size, MAX_REQUEST_LINE
        )
        self._max_fields = cfg.limit_request_fields
        self._secure = {_key(name): value for name, value in cfg.secure_scheme_headers.items()}

    def read(self, received: bytes, peer: Any, server: Any) -> Head:  # noqa: ANN401 - of a socket
        """Parse a head; raises gunicorn's ParseException if it is malformed.

        Args:
            received: the head, and what follows.
            peer: the client's address: a tuple, except on a unix socket.
            server: the address that it is connected to.
        """
        head = self._read_plain(received, peer) or self._read_any(received, peer)
        environ = head.environ
        environ.update(self._base)
        environ["wsgi.input"] = BytesIO()
        if isinstance(peer, tuple):
            environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = peer[0], str(peer[1])
            environ["SERVER_NAME"], environ["SERVER_PORT"] = server[0], str(server[1])
        else:
            environ["REMOTE_ADDR"] = ""
            name, _, port = environ.get("HTTP_HOST", "").partition(":")
            environ["SERVER_NAME"], environ["SERVER_PORT"] = name or "localhost", port or "80"
        head.is_kept = _is_kept(environ)
        return head

    def _read_plain(self, received: bytes, peer: object) -> Head | None:
        """Parse the head of a plain request; return None for all others."""
        text = received.decode("latin-1")
        match = _PLAIN.match(text)
        if match is None or match.end() > self._max_length:
            return None
        method, target, minor, fields = match.groups()
        path, _, query = target.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "RAW_URI": target,
            "PATH_INFO": unquote_to_wsgi_str(path) if "%" in path else path,
            "QUERY_STRING": query,
            "SERVER_PROTOCOL": f"HTTP/1.{minor}",
        }
        lines = fields.split("\r\n")[1:]
        expected = len(environ) + len(lines)
        for line in lines:
            name, _, value = line.partition(":")
            environ[_key(name)] = value.strip(" \t")
        scheme = self._scheme_of(environ, peer)
        # Repeated fields have the same key.
        is_plain = len(environ) == expected and len(lines) <= self._max_fields
        if not (is_plain and scheme and environ.keys().isdisjoint(_UNUSUAL)):
            return None
        environ["wsgi.url_scheme"] = scheme
        return Head(environ, received[match.end() :])

    def _scheme_of(self, environ: Environ, peer: object) -> str | None:
        """Return the scheme; on a unix socket a proxy is trusted to name it.

        Returns None if gunicorn must decide: headers contradict each other, or came over TCP.
        """
        named = {environ[key] == value for key, value in self._secure.items() if key in environ}
        if not named:
            return "http"
        if len(named) > 1 or isinstance(peer, tuple):
            return None
        return "https" if named.pop() else "http"

    def _read_any(self, received: bytes, peer: object) -> Head:
        unread = IterUnreader([received])
        try:
            request = Request(self._cfg, unread, peer)
        except (NoMoreData, StopIteration):
            raise InvalidRequestLine("a line does not end with CRLF") from None
        # gunicorn accepts HTTP/1.2, codings that nothing decodes and, before 27, other targets.
        if request.version not in {(1, 0), (1, 1)}:
            raise InvalidHTTPVersion(request.version)
        if not _TARGET.fullmatch(request.uri):
            raise InvalidRequestLine(request.uri)
        codings = [value.lower() for name, value in request.headers if name == "TRANSFER-ENCODING"]
        if codings not in ([], ["chunked"]):
            raise UnsupportedTransferCoding(", ".join(codings))
        environ = _environ_of(request)
        length = None if codings else int(environ.get("CONTENT_LENGTH", 0))
        is_awaited = "HTTP_EXPECT" in environ and request.version >= (1, 1)
        return Head(environ, unread.read(), length, is_awaited)


def _environ_of(request: Any) -> Environ:  # noqa: ANN401 - gunicorn has no annotations
    environ = {
        "REQUEST_METHOD": request.method,
        "RAW_URI": request.uri,
        "PATH_INFO": unquote_to_wsgi_str(request.path),
        "QUERY_STRING": request.query,
        "SERVER_PROTOCOL": f"HTTP/{request.version[0]}.{request.version[1]}",
        "wsgi.url_scheme": request.scheme,
    }
    for name, value in request.headers:
        # A name with an underscore could pass for another name, whatever the settings allow.
        if "_" not in name:
            key = _key(name)
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


@lru_cache(512)
def _key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


def _is_kept(environ: Environ) -> bool:
    method, protocol = environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"]
    listed = environ.get("HTTP_CONNECTION", "")
    options = {option.strip(" \t").lower() for option in listed.split(",")}
    is_asked_for = protocol == "HTTP/1.1" or "keep-alive" in options
    return is_asked_for and "close" not in options and method != "CONNECT"
