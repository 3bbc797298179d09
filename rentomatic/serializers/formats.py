"""THE table of the formats in which rooms are given."""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass

from rentomatic.domain.room import Room
from rentomatic.serializers import csv, geojson, json, ndjson
from rentomatic.serializers.room import View


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes:
        name: as the parameter `format` spells it.
        media_type: as `Accept` and `Content-Type` spell it.
        stream_rooms: writes rooms, piece by piece.
        dump_room: writes one room.
        help: what it is.
    """

    name: str
    media_type: str
    stream_rooms: Callable[[Iterable[Room], View], Generator[bytes, None, None]]
    dump_room: Callable[[Room, View], bytes]
    help: str


# The first is given to whoever asks for none.
FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("json", json.MEDIA_TYPE, json.stream_rooms, json.dump_room, "an array of objects"),
        Format(
            "geojson",
            geojson.MEDIA_TYPE,
            geojson.stream_rooms,
            geojson.dump_room,
            "a FeatureCollection of Points",
        ),
        Format("csv", csv.MEDIA_TYPE, csv.stream_rooms, csv.dump_room, "a table with a header"),
        Format(
            "ndjson", ndjson.MEDIA_TYPE, ndjson.stream_rooms, ndjson.dump_room, "an object a line"
        ),
    )
}
