"""A map of rooms in JSON and in GeoJSON (RFC 7946)."""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from rentomatic.domain.room_map import Cell
from rentomatic.formats import geojson, json
from rentomatic.formats.json import dump_value
from rentomatic.repository.results import Mapped


def dump_json(found: Mapped, zoom: int) -> bytes:
    """Write a map as an object with its cells."""
    return dump_value({**_members(found, zoom), "cells": [_cell(each) for each in found.cells]})


def dump_geojson(found: Mapped, zoom: int) -> bytes:
    """Write a map as a FeatureCollection of Points: the mean places of the rooms in each cell."""
    features = [_feature(each) for each in found.cells]
    whole = {"type": "FeatureCollection", **_members(found, zoom), "features": features}
    return dump_value(whole)


@dataclass(frozen=True, slots=True)
class MapFormat:
    """A format of maps; `dump` writes a map and its zoom."""

    media_type: str
    dump: Callable[[Mapped, int], bytes]


# By their names in the parameter `format`.
MAP_FORMATS: Mapping[str, MapFormat] = {
    "json": MapFormat(json.MEDIA_TYPE, dump_json),
    "geojson": MapFormat(geojson.MEDIA_TYPE, dump_geojson),
}


def _members(found: Mapped, zoom: int) -> dict[str, Any]:
    count = sum(each.count for each in found.cells)
    return {"count": count, "estimated": not found.is_exact, "zoom": zoom}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        **_properties(cell),
        "latitude": cell.latitude,
        "longitude": cell.longitude,
        "bbox": astuple(cell.box),
    }


def _feature(cell: Cell) -> dict[str, Any]:
    return {
        "type": "Feature",
        "bbox": astuple(cell.box),
        "geometry": {"type": "Point", "coordinates": (cell.longitude, cell.latitude)},
        "properties": _properties(cell),
    }


def _properties(cell: Cell) -> dict[str, Any]:
    code = {"code": cell.room.code} if cell.room else {}
    return {"count": cell.count, "price": cell.price, **code}
