"""JSON (RFC 8259)."""

from collections.abc import Generator, Iterable
from itertools import islice

import orjson

from rentomatic.domain.room import Room
from rentomatic.serializers.room import room_to_wire

MEDIA_TYPE = "application/json"
_CHUNK_ROOMS = 1_000


def dump_value(value: object) -> bytes:
    """Write a value made of what JSON knows, and UUIDs."""
    return orjson.dumps(value)


def dump_room(room: Room) -> bytes:
    """Write a room as an object."""
    return orjson.dumps(room_to_wire(room))


def dump_rooms(rooms: Iterable[Room]) -> bytes:
    """Write rooms as a bare array."""
    return orjson.dumps([room_to_wire(room) for room in rooms])


def stream_rooms(rooms: Iterable[Room]) -> Generator[bytes, None, None]:
    """Write the same array piece by piece."""
    remaining = iter(rooms)
    separator = b"["
    try:
        while some := list(islice(remaining, _CHUNK_ROOMS)):
            yield separator + dump_rooms(some)[1:-1]
            separator = b","
        yield b"[]" if separator == b"[" else b"]"
    finally:
        if isinstance(remaining, Generator):
            remaining.close()
