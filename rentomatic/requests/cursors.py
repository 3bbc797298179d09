"""Cursors: positions as opaque text, with a digest that detects what was altered.

The digest is not a secret: a client may make up a cursor and start there.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

_DIGEST_BYTES = 9
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# Two sort keys of text, of MAX_SORTED characters each, and some others.
_MAX_LENGTH = 2_560
GREATEST = 2**63 - 1

P = TypeVar("P")


def seal(values: Sequence[object], search: str = "", kind: bytes = b"") -> str:
    """Encode values of JSON's types; the digest is also one of the search and the kind."""
    payload = _write(values).encode()
    digest = blake2b(search.encode() + payload, digest_size=_DIGEST_BYTES, person=kind).digest()
    return urlsafe_b64encode(digest + payload).decode().rstrip("=")


def unseal(text: str, parse: Callable[[Any], P], write: Callable[[P], str]) -> P | None:
    """Decode values and parse them; return None for text that `write` did not write."""
    try:
        if len(text) <= _MAX_LENGTH:
            raw = urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}")
            position = parse(json.loads(raw[_DIGEST_BYTES:]))
            if write(position) == text:
                return position
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        pass
    return None
