"""What rooms look like in each format, read back by the standard library's own readers."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rentomatic.domain.geography import Near
from rentomatic.domain.room import Room
from rentomatic.formats.table import FORMATS
from rentomatic.formats.view import View
from rentomatic.serializers.room import RoomJsonEncoder

WIRE = (
    '{"code":"f853578c-fc0f-4e65-81b8-566c5dffa35a","size":215,"price":39,'
    '"latitude":51.75436293,"longitude":-0.09998975}'
)
FEATURE = (
    '{"type":"Feature","id":"f853578c-fc0f-4e65-81b8-566c5dffa35a",'
    '"geometry":{"type":"Point","coordinates":[-0.09998975,51.75436293]},'
    '"properties":{"code":"f853578c-fc0f-4e65-81b8-566c5dffa35a","size":215,"price":39}}'
)
ONE = {
    "json": WIRE,
    "geojson": FEATURE,
    "csv": "code,size,price,latitude,longitude,"
    "title,description,url,image,city,bedrooms,available_from,reference\r\n"
    "f853578c-fc0f-4e65-81b8-566c5dffa35a,215,39,51.75436293,-0.09998975,,,,,,,,\r\n",
    "ndjson": f"{WIRE}\n",
}


def read_features(text: str) -> list[dict[str, Any]]:
    """Read a FeatureCollection back into rooms."""
    collection = json.loads(text)
    assert collection["type"] == "FeatureCollection"
    rooms = []
    for feature in collection["features"]:
        longitude, latitude = feature["geometry"]["coordinates"]
        rooms.append(feature["properties"] | {"longitude": longitude, "latitude": latitude})
    return rooms


def read_table(text: str) -> list[dict[str, Any]]:
    """Read CSV back into rooms."""
    kinds = {"code": str, "size": int, "price": int}
    return [
        {name: kinds.get(name, float)(value) for name, value in row.items() if value}
        for row in csv.DictReader(io.StringIO(text, newline=""))
    ]


READERS: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "json": json.loads,
    "geojson": read_features,
    "csv": read_table,
    "ndjson": lambda text: [json.loads(line) for line in text.splitlines()],
}


@pytest.mark.parametrize("name", FORMATS)
def test_one_room(rooms: list[Room], name: str) -> None:
    """Byte for byte, the keys in the book's order."""
    assert FORMATS[name].dump_room(rooms[0], View()).decode() == ONE[name]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("amount", [0, 1, 2, 4, 1_000, 1_001, 2_500])
def test_a_stream_holds_every_room(rooms: list[Room], name: str, amount: int) -> None:
    """In order, however many pieces it takes, none of them large."""
    some = (rooms * (amount // len(rooms) + 1))[:amount]
    pieces = list(FORMATS[name].stream_rooms(iter(some), View()))
    assert max(map(len, pieces), default=0) < 300_000
    expected = [json.loads(json.dumps(room, cls=RoomJsonEncoder)) for room in some]
    assert READERS[name](b"".join(pieces).decode()) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_fewer_fields_and_a_distance(rooms: list[Room], name: str) -> None:
    """Only the requested fields, with the distance in metres to a decimal; a geometry stays."""
    view = View(("code", "distance"), Near(rooms[0].longitude, rooms[0].latitude + 1))
    (read,) = READERS[name](b"".join(FORMATS[name].stream_rooms(rooms[:1], view)).decode())
    assert (read["code"], read["distance"]) == (str(rooms[0].code), 111195.1)
    assert set(read) - {"longitude", "latitude"} == {"code", "distance"}
    assert name == "geojson" or len(read) == 2


@pytest.mark.parametrize("name", FORMATS)
def test_a_writer_that_is_abandoned_closes_the_rooms(rooms: list[Room], name: str) -> None:
    """A client that goes away holds no transaction."""
    closed = []

    def endless() -> Iterator[Room]:
        try:
            while True:
                yield rooms[0]
        finally:
            closed.append(name)

    pieces = FORMATS[name].stream_rooms(endless(), View())
    for _ in range(3):
        next(pieces)
    pieces.close()
    assert closed == [name]


def test_the_books_encoder_writes_the_same_json(rooms: list[Room]) -> None:
    """RoomJsonEncoder writes the same object, and refuses anything that is not a room."""
    assert json.dumps(rooms[0], cls=RoomJsonEncoder, separators=(",", ":")) == WIRE
    with pytest.raises(TypeError):
        json.dumps(object(), cls=RoomJsonEncoder)
