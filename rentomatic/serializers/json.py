"""JSON (RFC 8259)."""

from collections.abc import Generator, Iterable

import orjson

from rentomatic.domain.room import Room
from rentomatic.serializers.pieces import pieces
from rentomatic.serializers.room import View

MEDIA_TYPE = "application/json"


def dump_value(value: object) -> bytes:
    """Write a value made of what JSON knows, and UUIDs."""
    return orjson.dumps(value)


def dump_room(room: Room, view: View) -> bytes:
    """Write a room as an object."""
    return orjson.dumps(view.show(room))


def stream_rooms(rooms: Iterable[Room], view: View) -> Generator[bytes, None, None]:
    """Write rooms as a bare array."""
    separator = b"["
    for some in pieces(rooms):
        yield separator + orjson.dumps([view.show(room) for room in some])[1:-1]
        separator = b","
    yield b"[]" if separator == b"[" else b"]"
