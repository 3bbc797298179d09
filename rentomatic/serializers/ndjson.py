"""NDJSON: a JSON object a line, for programs that read line by line."""

from collections.abc import Generator, Iterable

import orjson

from rentomatic.domain.room import Room
from rentomatic.serializers.pieces import pieces
from rentomatic.serializers.room import View

MEDIA_TYPE = "application/x-ndjson"


def dump_room(room: Room, view: View) -> bytes:
    """Write a room as a line."""
    return orjson.dumps(view.show(room), option=orjson.OPT_APPEND_NEWLINE)


def stream_rooms(rooms: Iterable[Room], view: View) -> Generator[bytes, None, None]:
    """Write rooms, each as a line."""
    for some in pieces(rooms):
        yield b"".join([dump_room(room, view) for room in some])
