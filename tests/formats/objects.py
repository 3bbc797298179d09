"""Rooms spelt as JSON objects and GeoJSON features."""

from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.requests.room_import import (
    BadLine,
    RoomLine,
)
from tests.formats.imports import build, found

OGR2OGR = "ogr2ogr -t_srs EPSG:4326"
CODE = UUID("f853578c-fc0f-4e65-81b8-566c5dffa35a")
ROOM = Room(CODE, 215, 39, -0.09998975, 51.75436293)
FIELDS = f'"code":"{CODE}","size":215,"price":39'
LINE = f'{{{FIELDS},"latitude":51.75436293,"longitude":-0.09998975}}'
POINT = '"geometry":{"type":"Point","coordinates":[-0.09998975,51.75436293]}'
FEATURE = f'{{"type":"Feature",{POINT},"properties":{{{FIELDS}}}}}'
BEGINNING = f'{{"type":"FeatureCollection","features":[{FEATURE}'


def ndjson(*lines: str, **options: object) -> list[Room | BadLine]:
    """Read lines."""
    request = build("\n".join(lines), "ndjson", **options)
    assert request
    return found(request)


def lines_of(text: str, name: str) -> list[RoomLine]:
    """Read a file of good lines, with a source."""
    request = build(text, name, source="x")
    assert request
    return [each for each in request.lines if isinstance(each, RoomLine)]


def geojson(*features: str, **options: object) -> list[Room | BadLine]:
    """Read the features of a collection."""
    return collection(
        f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}', **options
    )


def collection(text: str, **options: object) -> list[Room | BadLine]:
    """Read the text of a GeoJSON file."""
    request = build(text, "geojson", **options)
    assert request
    return found(request)


def with_price(price: str) -> str:
    """Give a line with this price."""
    return LINE.replace(":39", f":{price}")
