"""An answer as the handlers return it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from rentomatic.formats.json import MEDIA_TYPE as JSON

HTML = "text/html"
TEXT = "text/plain"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer.

    Attributes:
        body: the whole body, or pieces to stream.
        media_type: of the body; None without a body.
        headers: those that are not in every answer.
        cache: the `Cache-Control`; by default, revalidate before each use.
        tag: its entity tag; None without one.
        version: the data version that it was made from; None if it must not be cached.
        vary: the `Vary`: the request headers that it depends on.
        modified: when it was last modified; None if that is unknown.
    """

    status: HTTPStatus
    body: bytes | Iterable[bytes] = b""
    media_type: str | None = JSON
    headers: Headers = ()
    cache: str = "no-cache"
    tag: str | None = None
    version: str | None = None
    vary: str = "Accept"
    modified: datetime | None = None

    def with_headers(self, *headers: tuple[str, str]) -> "Answer":
        """Return the same answer with more headers."""
        return replace(self, headers=(*self.headers, *headers))
