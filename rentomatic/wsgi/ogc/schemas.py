"""The fields of a room as JSON Schema: all, those that filters use, and those of a Feature."""

from collections.abc import Iterable

from rentomatic.domain.kinds import Integer
from rentomatic.domain.rent import Rent
from rentomatic.domain.room import COORDINATES, FIELDS, OPTIONAL_FIELDS, Field
from rentomatic.requests.cql2 import GEOMETRY
from rentomatic.wsgi.ogc.links import FEATURE_SCHEMA, QUERYABLES, SCHEMA, Node

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Patterns would be for those who write.
_LEFT_OUT = ("pattern",)
_MAX_INT32 = 2**31 - 1
_POINT = {
    "title": "where the room is",
    "x-ogc-role": "primary-geometry",
    "format": "geometry-point",
}

# The fields that a filter can compare.
COMPARED = tuple(name for name, field in FIELDS.items() if field.kind.operators)
# A Feature has the coordinates in its geometry.
_PROPERTIES = tuple(name for name in FIELDS if name not in COORDINATES)


def field_schema(field: Field, rent: Rent) -> Node:
    """Describe the values of a field."""
    kept = {name: each for name, each in field.kind.schema.items() if name not in _LEFT_OUT}
    size = {"format": "int64"} if _is_long(field) else {}
    return {"title": rent.with_units(field.help), **kept, **size}


def queryables(base: str, rent: Rent) -> Node:
    """Describe what filters can compare (OGC 19-079r2)."""
    properties = _schemas(COMPARED, rent) | {GEOMETRY: _POINT}
    return _document(base, QUERYABLES, "What filters can compare", properties) | {
        "additionalProperties": False
    }


def schema(base: str, rent: Rent) -> Node:
    """Describe the fields of a room (OGC 23-058r1)."""
    properties = _schemas(_PROPERTIES, rent) | {GEOMETRY: _POINT}
    properties["code"] |= {"x-ogc-role": "id"}
    required = [name for name in properties if name not in OPTIONAL_FIELDS]
    return _document(base, SCHEMA, "A room", properties) | {"required": required}


def feature_schema(base: str, rent: Rent) -> Node:
    """Describe a room as a Feature.

    GDAL reads an integer as one of 32 bits, so larger ones are described as whole numbers.
    """
    properties = _schemas(_PROPERTIES, rent)
    for name in filter(lambda each: _is_long(FIELDS[each]), properties):
        properties[name] = _without(properties[name], "format") | {
            "type": "number",
            "multipleOf": 1,
        }
    members = {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": field_schema(FIELDS["code"], rent),
        "geometry": {"$ref": "https://geojson.org/schema/Point.json"},
        "properties": {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name not in OPTIONAL_FIELDS],
        },
    }
    return _document(base, FEATURE_SCHEMA, "A room as a Feature", members) | {
        "required": list(members)
    }


def _schemas(names: Iterable[str], rent: Rent) -> Node:
    return {name: field_schema(FIELDS[name], rent) for name in names}


def _is_long(field: Field) -> bool:
    return isinstance(field.kind, Integer) and field.kind.most > _MAX_INT32


def _without(node: Node, name: str) -> Node:
    return {key: value for key, value in node.items() if key != name}


def _document(base: str, path: str, title: str, properties: Node) -> Node:
    return {
        "$schema": _DIALECT,
        "$id": f"{base}{path}",
        "title": title,
        "type": "object",
        "properties": properties,
    }
