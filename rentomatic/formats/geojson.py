"""GeoJSON (RFC 7946): a FeatureCollection of Points, whose properties are the room's fields."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson

from rentomatic.domain.room import COORDINATES, FIELDS, Room
from rentomatic.formats.columns import Columns, remembered
from rentomatic.formats.crs import crs_problem
from rentomatic.formats.json import JsonText, NotJsonError, Number, json_name, stream_items
from rentomatic.formats.sources import json_option_errors
from rentomatic.formats.values import identity_of
from rentomatic.formats.view import WHOLE, View
from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.parsers import is_utf8, parse_uuid, shown, shown_name
from rentomatic.requests.room_import import (
    BadLine,
    Ignored,
    ImportOptions,
    Line,
    RoomImportRequest,
    Used,
)

MEDIA_TYPE = "application/geo+json"

_COLLECTION = "FeatureCollection"
_FEATURES = "features"
_IDENTITY = "id"
_OWN_IDENTITY = "feature.id"  # in the options, if a property is called `id`, too
_CRS = "crs"
_UNIT = "feature"

# Names that properties may use for the coordinates of the geometry.
_PLACES = {name.casefold() for field in COORDINATES for name in FIELDS[field].names}


def dump_room(room: Room, view: View) -> bytes:
    """Write a room as a Feature."""
    return orjson.dumps(_feature(room, view))


def stream_rooms(rooms: Iterable[Room], view: View) -> Generator[bytes, None, None]:
    """Write rooms as a FeatureCollection."""
    return _stream(rooms, view, b"]}")


def dump_feature(room: Room, members: Mapping[str, object]) -> bytes:
    """Write a room as a Feature with further members."""
    return orjson.dumps({**_feature(room, WHOLE), **members})


def dump_collection(rooms: Iterable[Room], members: Mapping[str, object]) -> bytes:
    """Write rooms as a FeatureCollection with further members, at least one."""
    return b"".join(_stream(rooms, WHOLE, b"]," + orjson.dumps(members)[1:]))


def _stream(rooms: Iterable[Room], view: View, end: bytes) -> Generator[bytes, None, None]:
    start = b'{"type":"FeatureCollection","features":['
    return stream_items(rooms, lambda piece: [_feature(room, view) for room in piece], start, end)


def _feature(room: Room, view: View) -> dict[str, Any]:
    properties = view.show(room)
    for name in COORDINATES:
        properties.pop(name, None)
    return {
        "type": "Feature",
        "id": room.code,
        "geometry": {"type": "Point", "coordinates": (room.longitude, room.latitude)},
        "properties": properties,
    }


def read_rooms(text: Iterable[str], options: ImportOptions) -> RoomImportRequest | InvalidRequest:
    """Read Points with the room's other fields among their properties.

    A property `code` overrides the feature's `id` and a property `id`; where these two differ the
    options must say which of them is meant. The text may come in any pieces, also within a line.
    """
    errors = [
        ParameterError(option, f"{name} comes from the Points in GeoJSON; it cannot be given")
        for option, given in (("column", options.columns), ("default", options.defaults))
        for name in COORDINATES
        if name in given
    ]
    if errors := [*errors, *json_option_errors(options)]:
        return InvalidRequest(tuple(errors))
    request = RoomImportRequest(iter(()), options, Ignored("key"), Used(), "geojson")
    return replace(request, lines=_read_lines(JsonText(text), options, request))


def _read_lines(
    source: JsonText, options: ImportOptions, request: RoomImportRequest
) -> Iterator[Line]:
    @remembered
    def columns_of(properties: tuple[str, ...], ours: tuple[str, ...]) -> Columns:
        others = [
            "" if name.casefold() in _PLACES or name.casefold() in ours else name
            for name in properties
        ]
        columns = Columns((*others, *ours), options, "key")
        request.ignored.add(name for name in columns.ignored if name not in ours)
        request.used.add(columns.used)
        return columns

    number = 0
    try:
        for feature in _read_features(source):
            number += 1
            try:
                properties, ours = _split(feature, source, options)
                columns = columns_of(tuple(properties), tuple(ours))
                values = (*properties.values(), *ours.values())
                yield columns.line(number, values, (source.text(),), _UNIT)
            except _BadFeatureError as problem:
                yield BadLine(number, (str(problem),), (source.text(),), unit=_UNIT)
    except _BadFileError as error:
        yield BadLine(0, (str(error),), (), is_last=True, unit=_UNIT)
    except NotJsonError as error:
        message = f"is not GeoJSON, so what follows cannot be read: {error}"
        yield BadLine(number and number + 1, (message,), (), is_last=True, unit=_UNIT)


def _read_features(source: JsonText) -> Iterator[object]:
    """Yield the features of a collection.

    Raises:
        NotJsonError: it is not a collection, which may show only at its end.
        _BadFileError: its coordinates are not degrees.
    """
    members: set[str] = set()
    source.take("{")
    while True:
        name = _read_name(source)
        if name in members:
            raise NotJsonError(f"the member {shown_name(name)} occurs twice")
        members.add(name)
        if name == _FEATURES:
            yield from _read_items(source)
        else:
            _check_member(name, source)
        if source.take(",}") == "}":
            break
    if not {"type", _FEATURES} <= members:
        raise NotJsonError(f"it must be a {_COLLECTION} with features")
    if source.peek():
        raise NotJsonError("there is more after its end")


def _check_member(name: str, source: JsonText) -> None:
    value = source.read()
    if name == "type" and value != _COLLECTION:
        given = shown(value) if isinstance(value, str) else json_name(value)
        raise NotJsonError(f"its type must be {_COLLECTION}, not {given}")
    if faults := source.faults():
        raise NotJsonError(f"the member {shown_name(name)} {'; '.join(faults)}")
    if name == _CRS and (problem := crs_problem(value)):
        raise _BadFileError(problem)


def _read_name(source: JsonText) -> str:
    if source.peek() != '"':
        source.take('"')
    name = str(source.read())
    source.take(":")
    return name


def _read_items(source: JsonText) -> Iterator[object]:
    source.take("[")
    if source.peek() == "]":
        source.take("]")
        return
    while True:
        yield source.read()
        if source.take(",]") == "]":
            return


class _BadFileError(ValueError):
    """Says what is wrong with all features."""


class _BadFeatureError(ValueError):
    """Says what is wrong with a feature."""


def _split(
    feature: object, source: JsonText, options: ImportOptions
) -> tuple[dict[str, object], dict[str, object]]:
    """Return a feature's properties, and its own place and identity, by field."""
    if not is_utf8(source.text()):
        raise _BadFeatureError("is not UTF-8 text")
    if faults := source.faults():
        raise _BadFeatureError("; ".join(faults))
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _BadFeatureError(f"must be a Feature, not {_kind_of(feature)}")
    ours = dict(zip(COORDINATES, _position(feature), strict=False))
    properties = feature.get("properties")
    if properties is None:
        properties = {}
    if not isinstance(properties, dict):
        raise _BadFeatureError("properties must be an object or null")
    return properties, ours | _identity(feature.get(_IDENTITY), properties, options)


def _position(feature: dict[str, object]) -> list[object]:
    """Return the coordinates of a feature's Point."""
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        raise _BadFeatureError(f"geometry must be a Point, not {_kind_of(geometry)}")
    if problem := crs_problem(feature.get(_CRS)) or crs_problem(geometry.get(_CRS)):
        raise _BadFeatureError(problem)
    position = geometry.get("coordinates")
    if not isinstance(position, list) or len(position) < len(COORDINATES):
        raise _BadFeatureError(f"coordinates must be {' and '.join(COORDINATES)}")
    for each in position:
        if not isinstance(each, Number):
            raise _BadFeatureError(f"coordinates must be numbers, not {json_name(each)}")
    return position


def _kind_of(value: object) -> str:
    """Return the type of a value in GeoJSON, or else in JSON."""
    kind = value.get("type") if isinstance(value, dict) else None
    return f"a {shown_name(kind)}" if type(kind) is str else json_name(value)


def _identity(
    own: object, properties: Mapping[str, object], options: ImportOptions
) -> dict[str, object]:
    """Return a feature's own `id` by the name under which Columns look for it."""
    said = options.columns.get("code", "").casefold()
    if own is None:
        return {}
    if said == _OWN_IDENTITY:
        return {said: own}
    names = [name for name in properties if name.casefold() == _IDENTITY]
    others = [properties[name] for name in names if said or properties[name] is not None]
    if said:
        return {} if others else {_IDENTITY: own}
    has_code = any(name.casefold() == "code" for name in properties)
    if not has_code and not all(_is_same(own, other) for other in others):
        advice = f"; give --column code={_IDENTITY} for the property, or code={_OWN_IDENTITY}"
        raise _BadFeatureError(
            f"id is {_shown_json(own)}, and among the properties {_shown_json(others[0])}"
            f"{advice if options.advises else '; leave one of them out'}"
        )
    return {_IDENTITY: own}


def _is_same(own: object, other: object) -> bool:
    if isinstance(own, str) and isinstance(other, str):
        with suppress(ValueError):
            return parse_uuid(own) == parse_uuid(other)
        with suppress(ValueError):
            return identity_of(own) == identity_of(other)
    return own == other


def _shown_json(value: object) -> str:
    return shown(value) if isinstance(value, str) else json_name(value)
