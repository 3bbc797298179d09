"""The JSON Schemas of requests and answers."""

from typing import Any

from rentomatic.atlas.places import MAX_CHOICES
from rentomatic.domain.kinds import MAX_ADDRESS
from rentomatic.domain.relaxation import CountKind
from rentomatic.domain.room import COORDINATES, FIELDS, OPTIONAL_FIELDS
from rentomatic.domain.room_change import ChangeKind
from rentomatic.domain.room_map import MAX_CELLS, MAX_ZOOM
from rentomatic.domain.room_summary import MAX_CITIES, QUARTILES
from rentomatic.repository.results import AWAY, PRIMARY, TOO_OLD, USED
from rentomatic.requests.parameters import CURSOR_PATTERN, degrees
from rentomatic.requests.room_fields import AMOUNTS, DISTANCE
from rentomatic.requests.room_import import MAX_IGNORED, MAX_NAMES
from rentomatic.requests.room_selection import NEAR_FORM
from rentomatic.requests.saved_search import MAX_NAME, MAX_QUERY
from rentomatic.use_cases.room_count import MOST_COUNTED
from rentomatic.use_cases.room_import import NAMED_RANGES
from rentomatic.wsgi.failure import ERROR_TYPES

JsonSchema = dict[str, Any]


def reference(name: str, kind: str = "schemas") -> JsonSchema:
    """Point to a component of the document."""
    return {"$ref": f"#/components/{kind}/{name}"}


def array_of(*names: str) -> JsonSchema:
    """Describe an array of a component, or of several."""
    return {"type": "array", "items": any_of(*names)}


def any_of(*names: str) -> JsonSchema:
    """Describe a value of any of some components; generated clients take the first that fits."""
    first, *others = map(reference, names)
    return {"anyOf": [first, *others]} if others else first


def record(description: str, properties: JsonSchema, optional: tuple[str, ...] = ()) -> JsonSchema:
    """Describe an object with these properties and no others."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _or_null(schema: JsonSchema) -> JsonSchema:
    """Describe a value that may be null, which removes it."""
    return {**schema, "type": [schema["type"], "null"]}


def _numbers(count: int) -> JsonSchema:
    return {"items": {"type": "number"}, "minItems": count, "maxItems": count}


def _feature(description: str, properties: JsonSchema) -> JsonSchema:
    members = {
        "type": {"const": "Feature"},
        "id": FIELDS["code"].kind.schema,
        "geometry": reference("Point"),
        "properties": properties,
    }
    return record(description, members)


_TEXT = {"type": "string"}
_INTEGER = {"type": "integer"}
_COUNT = {"type": "integer", "minimum": 0}
_FIELDS = {name: {**each.kind.schema, "description": each.help} for name, each in FIELDS.items()}
_BESIDE_POINT = {name: schema for name, schema in _FIELDS.items() if name not in COORDINATES}
_DISTANCE = {
    DISTANCE: {"type": "number", "minimum": 0, "description": "metres from `near`, by great circle"}
}
_AND_DISTANCE = ", with its distance if `near` is given"

_MAP_MEMBERS = {
    "count": {**_COUNT, "description": "the number of rooms in all cells"},
    "estimated": {"type": "boolean", "description": "whether the counts are estimated"},
    "zoom": {"type": "integer", "minimum": 0, "maximum": MAX_ZOOM},
}
_CELL_PROPERTIES = {
    "count": {"type": "integer", "minimum": 1, "description": "the number of rooms"},
    "price": {**FIELDS["price"].kind.schema, "description": "their lowest price"},
    "code": {**FIELDS["code"].kind.schema, "description": "of the room, if there is only one"},
}
_CELL_BOX = {
    "type": "array",
    "description": "the edges of the cell: west, south, east, north",
    **_numbers(4),
}
_MOMENT = {"type": "string", "format": "date-time"}
_NEW_SEARCH = {
    "name": {"type": "string", "minLength": 1, "maxLength": MAX_NAME},
    "query": {
        "type": "string",
        "maxLength": MAX_QUERY,
        "description": "the query string of the search; empty for all rooms",
    },
    "webhook": {
        "type": "string",
        "format": "uri",
        "maxLength": MAX_ADDRESS,
        "description": "where messages are sent, an `https` address",
    },
}
_CHANGEABLE = {
    name: _or_null(schema) if name in OPTIONAL_FIELDS else schema
    for name, schema in _FIELDS.items()
    if name != "code"
}

SCHEMAS = {
    "Room": record("A room.", _FIELDS, optional=OPTIONAL_FIELDS),
    "NewRoom": record("A room to write.", _FIELDS, optional=("code", *OPTIONAL_FIELDS)),
    "RoomChange": record("Fields of a room to change.", _CHANGEABLE, optional=tuple(_CHANGEABLE)),
    "Batch": {
        "type": ["string", "object"],
        "description": "Rooms, each with its code, in the formats of `rentomatic import`: a table "
        "with a header, one object per line, or a FeatureCollection of Points.",
    },
    "BatchReport": record(
        "The result of a batch.",
        {
            "added": _COUNT,
            "updated": _COUNT,
            "unchanged": _COUNT,
            "repeated": {**_COUNT, "description": "lines equal to an earlier line of the batch"},
            "rejected": {**_COUNT, "description": "bad lines, which were skipped"},
            "errors": {**array_of("BadLine"), "description": "the first bad lines"},
            "others": {
                "type": "array",
                "description": "the numbers of the other bad lines, in ranges of first and last; "
                f"at most {NAMED_RANGES} ranges",
                "maxItems": NAMED_RANGES,
                "items": {"type": "array", "items": _COUNT, "minItems": 2, "maxItems": 2},
            },
            "columns": {
                "type": "object",
                "description": "the columns or keys that became each field",
                "propertyNames": {"enum": list(FIELDS)},
                "additionalProperties": {
                    "type": "array",
                    "items": _TEXT,
                    "minItems": 1,
                    "maxItems": MAX_NAMES,
                },
            },
            "ignored": {
                "type": "array",
                "description": "columns or keys that are not used; … means that there are more",
                "maxItems": MAX_IGNORED + 1,
                "items": _TEXT,
            },
        },
    ),
    "BadLine": record(
        "What is wrong with a line of a batch.",
        {"place": {**_TEXT, "description": "its number, such as `line 3`"}, "message": _TEXT},
    ),
    "FoundRoom": record(
        f"A room that a search found{_AND_DISTANCE}.",
        _FIELDS | _DISTANCE,
        optional=(DISTANCE, *OPTIONAL_FIELDS),
    ),
    "PartOfRoom": record(
        f"The requested `fields` of a room that a search found{_AND_DISTANCE}.",
        _FIELDS | _DISTANCE,
        optional=(*_FIELDS, DISTANCE),
    ),
    "RoomFeature": _feature(
        "A room (RFC 7946).", record("Its other fields.", _BESIDE_POINT, optional=OPTIONAL_FIELDS)
    ),
    "FoundRoomFeature": _feature(
        "A room that a search found (RFC 7946).",
        any_of("FoundRoomProperties", "PartOfRoomProperties"),
    ),
    "FoundRoomProperties": record(
        f"Its other fields{_AND_DISTANCE}.",
        _BESIDE_POINT | _DISTANCE,
        optional=(DISTANCE, *OPTIONAL_FIELDS),
    ),
    "PartOfRoomProperties": record(
        f"Those of its other fields that `fields` requests{_AND_DISTANCE}.",
        _BESIDE_POINT | _DISTANCE,
        optional=(*_BESIDE_POINT, DISTANCE),
    ),
    "RoomFeatureCollection": record(
        "Rooms (RFC 7946).",
        {"type": {"const": "FeatureCollection"}, "features": array_of("FoundRoomFeature")},
    ),
    "Point": record(
        "A position (RFC 7946, section 3.1.1).",
        {
            "type": {"const": "Point"},
            "coordinates": degrees(NEAR_FORM),
        },
    ),
    "Summary": record(
        "A summary of the rooms of a search.",
        {
            "count": {**_COUNT, "description": "the number of rooms"},
            "estimated": {
                "type": "boolean",
                "description": "whether some of the numbers are estimated",
            },
            "bbox": {
                "type": ["array", "null"],
                "description": "west, south, east, north; west > east crosses the antimeridian",
                **_numbers(4),
            },
            **{name: reference("Amount") for name in AMOUNTS},
            "bedrooms": record(
                "How many rooms have how many bedrooms, as far as it is known.",
                {
                    "histogram": {
                        **array_of("Bar"),
                        "description": "counts rooms regardless of the filters on this field",
                    }
                },
            ),
            "city": {
                **array_of("CityCount"),
                "description": f"the {MAX_CITIES} most frequent cities",
                "maxItems": MAX_CITIES,
            },
        },
        optional=("bedrooms", "city"),
    ),
    "Amount": record(
        "The distribution of an amount; null if there are no rooms.",
        {
            "min": {"type": ["integer", "null"]},
            "max": {"type": ["integer", "null"]},
            "mean": {"type": ["number", "null"]},
            "quartiles": {"type": ["array", "null"], **_numbers(len(QUARTILES))},
            "histogram": {
                **array_of("Bar"),
                "description": "counts rooms regardless of the filters on this field",
            },
        },
    ),
    "Relaxation": record(
        "A change of one parameter of a search, and what the changed search finds.",
        {
            "parameter": {**_TEXT, "description": "its name"},
            "from": {**_TEXT, "description": "its value in the search"},
            "to": {
                "type": ["string", "null"],
                "description": "the value that it is changed to; null if it is removed",
            },
            "count": {
                "type": "integer",
                "minimum": 1,
                "description": "the number of rooms that the changed search finds",
            },
            "count_kind": {
                "type": "string",
                "enum": list(CountKind),
                "description": f"whether that number is exact; after {MOST_COUNTED + 1:,} rooms, "
                "counting stops; if it takes longer than 0.3 s, the number is an estimate",
            },
            "href": {
                "type": "string",
                "format": "uri-reference",
                "description": "the changed search",
            },
        },
    ),
    "CityCount": record(
        "The number of rooms in a city, however it is spelt.",
        {"name": {**_TEXT, "description": "its most frequent spelling"}, "count": _COUNT},
    ),
    "Bar": record(
        "The number of rooms with at least `from` and less than `to`.",
        {"from": _COUNT, "to": _COUNT, "count": _COUNT},
    ),
    "Places": record(
        "Places of one name, the largest first.",
        {"places": {**array_of("Place"), "maxItems": MAX_CHOICES}},
    ),
    "Place": record(
        "A place, from GeoNames.",
        {
            "name": _TEXT,
            "region": {**_TEXT, "description": "the part of the country; empty if it has none"},
            "country": {**_TEXT, "description": "its code (ISO 3166-1)"},
            "longitude": FIELDS["longitude"].kind.schema,
            "latitude": FIELDS["latitude"].kind.schema,
            "href": {
                "type": "string",
                "format": "uri-reference",
                "description": "the same search near this place",
            },
        },
    ),
    "Map": record(
        "The rooms of a search, counted in cells.",
        _MAP_MEMBERS | {"cells": {**array_of("Cell"), "maxItems": MAX_CELLS}},
    ),
    "Cell": record(
        "The rooms in a cell.",
        _CELL_PROPERTIES
        | {
            "latitude": {**FIELDS["latitude"].kind.schema, "description": "the rooms' mean"},
            "longitude": {**FIELDS["longitude"].kind.schema, "description": "the rooms' mean"},
            "bbox": _CELL_BOX,
        },
        optional=("code",),
    ),
    "MapFeatureCollection": record(
        "The rooms of a search, counted in cells (RFC 7946).",
        {
            "type": {"const": "FeatureCollection"},
            **_MAP_MEMBERS,
            "features": {**array_of("CellFeature"), "maxItems": MAX_CELLS},
        },
    ),
    "CellFeature": record(
        "A cell, at the mean place of its rooms (RFC 7946).",
        {
            "type": {"const": "Feature"},
            "bbox": _CELL_BOX,
            "geometry": reference("Point"),
            "properties": record("The rooms in it.", _CELL_PROPERTIES, optional=("code",)),
        },
    ),
    "Changes": record(
        "What has changed.",
        {
            "changes": {
                **array_of("Change"),
                "description": "in the order in which to apply them",
            },
            "next": {
                "type": "string",
                "pattern": CURSOR_PATTERN,
                "description": "the cursor to continue from: `since` of the next request",
            },
            "more": {"type": "boolean", "description": "whether more changes are available now"},
        },
    ),
    "Change": record(
        "What happened to a room.",
        {
            "kind": {"type": "string", "enum": list(ChangeKind)},
            "at": {
                "type": "string",
                "format": "date-time",
                "description": "when its transaction began, in UTC; changes are not sorted by it",
            },
            "by": {**_TEXT, "description": "who made it: a token's name or a database role"},
            "code": {**FIELDS["code"].kind.schema, "description": "the room's"},
            "room": {
                **reference("Room"),
                "description": "the room after the change; missing in a removal",
            },
        },
        optional=("by", "room"),
    ),
    "NewSearch": record("A search to save.", _NEW_SEARCH),
    "SavedSearch": record(
        "A saved search.",
        {
            "id": {"type": "string", "format": "uuid"},
            **_NEW_SEARCH,
            "secret": {
                "type": "string",
                "pattern": "^whsec_[A-Za-z0-9+/]+=*$",
                "description": "signs the messages; only in the answer that saves the search",
            },
            "created_at": _MOMENT,
            "waiting": {**_COUNT, "description": "the number of messages that wait"},
            "delivered_at": {**_MOMENT, "description": "when the last message was delivered"},
            "failing_since": {
                **_MOMENT,
                "description": "when the first attempt failed since the last delivery",
            },
            "failure": {**_TEXT, "description": "what was wrong with the last attempt"},
            "disabled_at": {**_MOMENT, "description": "since when nothing is sent"},
            "disabled_reason": _TEXT,
        },
        optional=(
            *("secret", "delivered_at", "failing_since", "failure"),
            *("disabled_at", "disabled_reason"),
        ),
    ),
    "SavedSearches": record("Saved searches.", {"searches": array_of("SavedSearch")}),
    "QueuedMessage": record(
        "A message that waits.",
        {"message": {**_TEXT, "description": "its id, as `webhook-id` of the request has it"}},
    ),
    "Live": record("The process is up.", {"status": {"const": "live"}}),
    "Ready": record(
        "The database answers, is migrated and accepts writes.",
        {
            "status": {"const": "ready"},
            "newer_migrations": {
                "type": "array",
                "items": _TEXT,
                "description": "migrations in the database that this release does not know",
            },
            "pools": reference("Pools"),
        },
        optional=("pools",),
    ),
    "Pools": record(
        "The servers of the database, if it has replicas.",
        {
            "primary": {"const": USED},
            "replicas": {
                "type": "array",
                "items": {"enum": [USED, AWAY, TOO_OLD, PRIMARY]},
                "description": f"in the order of the setting; `{TOO_OLD}` means that its data are, "
                f"and `{PRIMARY}` that it has become the primary",
            },
        },
    ),
    "ErrorType": {
        "type": "string",
        "enum": list(dict.fromkeys(ERROR_TYPES.values())),
    },
    "Error": record(
        "What went wrong.",
        {
            "type": reference("ErrorType"),
            "message": {**_TEXT, "description": "a line for each thing that is wrong"},
        },
    ),
    "Problem": record(
        "What went wrong, as problem details (RFC 9457).",
        {
            "type": reference("ErrorType"),
            "title": _TEXT,
            "status": _INTEGER,
            "detail": {**_TEXT, "description": "a line for each thing that is wrong"},
            "instance": {"type": "string", "format": "uri-reference"},
            "errors": array_of("WrongParameter"),
        },
        optional=("errors",),
    ),
    "WrongParameter": record(
        "What is wrong with a parameter.",
        {
            "parameter": {**_TEXT, "description": "its name as given"},
            "message": _TEXT,
            "suggestion": {"type": ["string", "null"], "description": "what was probably meant"},
        },
    ),
}
