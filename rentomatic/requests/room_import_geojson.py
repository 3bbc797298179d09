"""GeoJSON files to import (RFC 7946): a FeatureCollection of Points."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.parsers import is_utf8, shown_name
from rentomatic.requests.room_fields import FIELDS
from rentomatic.requests.room_import_header import Ignored
from rentomatic.requests.room_import_json import JsonText, NotJsonError
from rentomatic.requests.room_import_options import ImportOptions
from rentomatic.requests.room_import_record import (
    BadLine,
    Columns,
    Line,
    RoomLines,
    json_option_errors,
)

_COLLECTION = "FeatureCollection"
_FEATURES = "features"
_IDENTITY = "id"
_UNIT = "feature"

# What the geometry says, in its order; a height may follow.
_COORDINATES = ("longitude", "latitude")
# What properties may call the same.
_PLACES = {name.casefold() for field in _COORDINATES for name in FIELDS[field].names}

_KNOWN_PROPERTIES = 16


def read_geojson(text: Iterable[str], options: ImportOptions) -> RoomLines | InvalidRequest:
    """Read Points with the room's other fields among their properties.

    A property `code` goes before the feature's `id`, which goes before a property `id`. The text
    may come in any pieces, also within a line.
    """
    errors = [
        ParameterError(option, f"{name} is what the Points say in GeoJSON; it cannot be given")
        for option, given in (("column", options.columns), ("default", options.defaults))
        for name in _COORDINATES
        if name in given
    ]
    if errors := [*errors, *json_option_errors(options)]:
        return InvalidRequest(tuple(errors))
    ignored = Ignored("key")
    return RoomLines(_read_lines(JsonText(text), options, ignored), ignored=ignored)


def _read_lines(source: JsonText, options: ImportOptions, ignored: Ignored) -> Iterator[Line]:
    @lru_cache(_KNOWN_PROPERTIES)
    def columns_of(properties: tuple[str, ...], ours: tuple[str, ...]) -> Columns:
        others = [
            "" if name.casefold() in _PLACES or name.casefold() in ours else name
            for name in properties
        ]
        columns = Columns((*others, *ours), options, "key")
        ignored.add(name for name in columns.ignored if name not in ours)
        return columns

    number = 0
    try:
        for feature in _read_features(source):
            number += 1
            try:
                properties, ours = _split(feature, source)
                columns = columns_of(tuple(properties), tuple(ours))
                values = (*properties.values(), *ours.values())
                yield columns.line(number, values, (source.text(),), _UNIT)
            except _BadFeatureError as problem:
                yield BadLine(number, (str(problem),), (source.text(),), unit=_UNIT)
    except NotJsonError as error:
        told = f"is no GeoJSON, so what follows cannot be read: {error}"
        yield BadLine(number and number + 1, (told,), (), is_last=True, unit=_UNIT)


def _read_features(source: JsonText) -> Iterator[object]:
    """Give the features of a collection; raises NotJsonError if it is none, maybe at its end."""
    members: set[str] = set()
    source.take("{")
    while True:
        name = _read_name(source)
        if name in members:
            raise NotJsonError(f"the member {shown_name(name)} stands there twice")
        members.add(name)
        if name == _FEATURES:
            yield from _read_items(source)
        elif source.read() != _COLLECTION and name == "type":
            raise NotJsonError(f"its type must be {_COLLECTION}")
        elif faults := source.faults():
            raise NotJsonError(f"the member {shown_name(name)} {'; '.join(faults)}")
        if source.take(",}") == "}":
            break
    if not {"type", _FEATURES} <= members:
        raise NotJsonError(f"it must be a {_COLLECTION} with features")
    if source.peek():
        raise NotJsonError("there is more behind its end")


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


class _BadFeatureError(ValueError):
    """Says what is wrong with a feature."""


def _split(feature: object, source: JsonText) -> tuple[dict[str, object], dict[str, object]]:
    """Give a feature's properties, and what it says itself by the names of a room's fields."""
    if not is_utf8(source.text()):
        raise _BadFeatureError("is no text in UTF-8")
    if faults := source.faults():
        raise _BadFeatureError("; ".join(faults))
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _BadFeatureError("must be a Feature")
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        raise _BadFeatureError("geometry must be a Point")
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or len(coordinates) < len(_COORDINATES):
        raise _BadFeatureError("coordinates must be longitude and latitude")
    properties = feature.get("properties")
    if properties is None:
        properties = {}
    if not isinstance(properties, dict):
        raise _BadFeatureError("properties must be an object or null")
    ours = dict(zip(_COORDINATES, coordinates, strict=False))
    if _IDENTITY in feature:
        ours[_IDENTITY] = feature[_IDENTITY]
    return properties, ours
