"""The body of a request, received completely before it is used.

So a slow client does not hold a transaction open, and an incomplete body has no effect.
"""

import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from http import HTTPStatus
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import Self, TextIO

from rentomatic.requests.parsers import shown
from rentomatic.wsgi.failure import HttpFailure, RefusedError
from rentomatic.wsgi.request import Content
from rentomatic.wsgi.response import Headers

MAX_BODY_BYTES = 65_536
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)

NOT_ARRIVED = HttpFailure(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time")
NO_ROOM = HttpFailure(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "There is currently not enough disk space for a body of this length",
)

logger = logging.getLogger(__name__)


class Received:
    """A received body: a short one in memory, a long one in an unnamed file."""

    def __init__(self) -> None:
        self._digest = blake2b(digest_size=16)
        self._file = SpooledTemporaryFile(MAX_BODY_BYTES)  # noqa: SIM115 - closed by `close`

    def write(self, piece: bytes) -> None:
        """Append a piece."""
        self._file.write(piece)
        self._digest.update(piece)

    def end(self) -> None:
        """Rewind to the beginning, for reading."""
        self._file.seek(0)

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` more bytes, by default all."""
        return self._file.read(size)

    def open_text(self) -> TextIO:
        """Open it as UTF-8; invalid bytes become lone surrogates and spoil only their own value."""
        return TextIOWrapper(self._file, "utf-8", "surrogateescape", newline="")

    @property
    def digest(self) -> str:
        """A digest of the bytes."""
        return self._digest.hexdigest()

    def close(self) -> None:
        """Discard it."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_taken(content: Content, media_types: Collection[str]) -> bool:
    """Return whether a body is declared as one of these types, in UTF-8 and uncompressed."""
    charset = _CHARSET.search(content.type)
    is_utf8 = charset is None or charset[1].lower() in {"utf-8", "utf8"}
    return is_utf8 and content.is_plain and content.media_type in media_types


def unsupported(
    content: Content, media_types: Collection[str], headers: Headers = ()
) -> HttpFailure:
    """Refuse a body and say which media types are accepted."""
    given = shown(content.type) if content.type else "nothing"
    encoded = "" if content.is_plain else f" in {shown(content.encoding)}"
    wanted = " or ".join(media_types)
    message = f"Content-Type: must be {wanted} in UTF-8, uncompressed, not {given}{encoded}"
    return HttpFailure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, headers)


def receive(content: Content, most: int) -> Received:
    """Receive a body of at most `most` bytes, unless it has been received already.

    Raises:
        RefusedError: it is too long or incomplete, or cannot be stored.
    """
    if isinstance(content.stream, Received):
        return content.stream
    if content.length is not None and content.length > most:
        raise RefusedError(too_long(most))
    received = Received()
    with storing(received):
        for piece in pieces_of(content, most):
            received.write(piece)
        received.end()
    return received


@contextmanager
def storing(received: Received) -> Iterator[None]:
    """Discard what was received after an error; raise RefusedError if the disk is full."""
    try:
        yield
    except OSError as error:
        received.close()
        logger.error("a body cannot be stored: %s", error.strerror)  # noqa: TRY400 - no traceback
        raise RefusedError(NO_ROOM) from None
    except BaseException:
        received.close()
        raise


def pieces_of(content: Content, most: int) -> Iterator[bytes]:
    """Read a body as it arrives; raises RefusedError if something is wrong with it."""
    length = 0
    while piece := _read_piece(content):
        length += len(piece)
        if length > most:
            raise RefusedError(too_long(most))
        yield piece
    if content.length is not None and length < content.length:
        raise RefusedError(malformed("was cut short"))


def _read_piece(content: Content) -> bytes:
    try:
        return content.stream.read(MAX_BODY_BYTES)
    except ValueError:
        raise RefusedError(malformed("has invalid chunks")) from None
    except OSError:
        # The client stopped sending, or disconnected.
        raise RefusedError(NOT_ARRIVED) from None


def too_long(most: int) -> HttpFailure:
    """Say how long a body may be."""
    message = f"The body is too long; at most {most} bytes are accepted"
    return HttpFailure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)


def malformed(problem: str) -> HttpFailure:
    """Say what is wrong with a body."""
    return HttpFailure(HTTPStatus.BAD_REQUEST, f"body: {problem}")
