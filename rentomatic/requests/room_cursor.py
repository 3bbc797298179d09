"""Cursors: where a page ended, as opaque text for one search."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from uuid import UUID

from rentomatic.domain.room import OPTIONAL_FIELDS
from rentomatic.requests.parsers import shown
from rentomatic.requests.room_order import KEY_TYPES, Order, Position
from rentomatic.requests.room_selection import RoomSelection

_DIGEST_BYTES = 9
_MAX_LENGTH = 512
_GREATEST = 2**63 - 1


def write_cursor(selection: RoomSelection, order: Order, position: Position) -> str:
    """Encode a position in an order of the selected rooms."""
    values = [str(each) if isinstance(each, UUID) else each for each in position]
    payload = json.dumps(values, separators=(",", ":")).encode()
    sealed = _digest(selection, order, payload) + payload
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def read_cursor(text: str, selection: RoomSelection, order: Order) -> Position:
    """Decode a position.

    The digest detects a cursor that was altered or belongs to another search. It is not a secret:
    a client that makes up a cursor may search from there.

    Raises:
        ValueError: for any text that `write_cursor` did not write for this search.
    """
    try:
        if len(text) <= _MAX_LENGTH:
            raw = urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}")
            position = _parse_position(raw[_DIGEST_BYTES:], order)
            if write_cursor(selection, order, position) == text:
                return position
    except (ValueError, TypeError, RecursionError):
        pass
    raise ValueError(
        "must be a cursor of this search, from the Link of the previous page with the same filters "
        f"and sort, not {shown(text)}"
    )


def _parse_position(payload: bytes, order: Order) -> Position:
    values = zip(order, json.loads(payload), strict=True)
    return tuple(_parse_value(value, key.name) for key, value in values)


def _parse_value(value: object, name: str) -> UUID | int | float | None:
    if value is None and name in OPTIONAL_FIELDS:
        return None
    kind = KEY_TYPES[name]
    if kind is UUID and isinstance(value, str):
        return UUID(value)
    if isinstance(value, int | float) and type(value) is kind and abs(value) <= _GREATEST:
        return value
    raise ValueError


def _digest(selection: RoomSelection, order: Order, payload: bytes) -> bytes:
    search = repr((selection.filters, selection.bbox, selection.near, order))
    return blake2b(search.encode() + payload, digest_size=_DIGEST_BYTES).digest()
