"""An answer, as the handlers give it."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from rentomatic.formats.json import MEDIA_TYPE as JSON

HTML = "text/html"
TEXT = "text/plain"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer.

    Attributes:
        status: its status.
        body: all of it; or pieces, which are sent as they come.
        media_type: of the body; None for no body.
        headers: those that not every answer has.
        cache: who may keep it; by default whoever asks again before each use.
    """

    status: HTTPStatus
    body: bytes | Iterable[bytes] = b""
    media_type: str | None = JSON
    headers: Headers = ()
    cache: str = "no-cache"
