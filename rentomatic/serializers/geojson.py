"""GeoJSON (RFC 7946): a room is a Point, and its fields are the properties."""

from collections.abc import Generator, Iterable
from typing import Any

import orjson

from rentomatic.domain.room import Room
from rentomatic.serializers.pieces import pieces
from rentomatic.serializers.room import View

MEDIA_TYPE = "application/geo+json"

# What the geometry says already.
COORDINATES = {"longitude", "latitude"}


def dump_room(room: Room, view: View) -> bytes:
    """Write a room as a Feature."""
    return orjson.dumps(_feature(room, view))


def stream_rooms(rooms: Iterable[Room], view: View) -> Generator[bytes, None, None]:
    """Write rooms as a FeatureCollection."""
    separator = b'{"type":"FeatureCollection","features":['
    for some in pieces(rooms):
        yield separator + orjson.dumps([_feature(room, view) for room in some])[1:-1]
        separator = b","
    yield b"]}" if separator == b"," else separator + b"]}"


def _feature(room: Room, view: View) -> dict[str, Any]:
    properties = {name: value for name, value in view.show(room).items() if name not in COORDINATES}
    return {
        "type": "Feature",
        "id": room.code,
        "geometry": {"type": "Point", "coordinates": (room.longitude, room.latitude)},
        "properties": properties,
    }
