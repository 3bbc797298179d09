"""The OpenAPI document of these routes: version 3.0, as GDAL 3.6 does not read 3.1."""

from rentomatic.domain.rent import Rent
from rentomatic.domain.room import FIELDS
from rentomatic.formats.geojson import MEDIA_TYPE as GEOJSON
from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.requests.room_list import MAX_LIMIT
from rentomatic.wsgi.ogc.items import EQUALS, FILTER_LANGUAGES
from rentomatic.wsgi.ogc.links import (
    API,
    COLLECTION,
    COLLECTIONS,
    CONFORMANCE,
    CRS84,
    FEATURE_SCHEMA,
    ITEMS,
    OPENAPI_3_0,
    QUERYABLES,
    ROOT,
    SCHEMA,
    SCHEMA_JSON,
    Node,
)
from rentomatic.wsgi.ogc.schemas import field_schema

_TEXT = {"type": "string"}
_OBJECT = {"type": "object"}
_CODE = "roomCode"
_FORMAT = "format"
# The failures of these routes, by status.
_FAILURES = {
    "400": ("BadRequest", "A parameter is wrong; the message says what would be right"),
    "404": ("NotFound", "There is no such room"),
    "406": ("NotAcceptable", "`Accept` allows none of the available media types"),
    "500": ("ServerError", "The service failed"),
    "503": ("Unavailable", "The database cannot answer now; try again after `Retry-After` seconds"),
}
# The parameters of a search, besides the names of fields.
ITEM_PARAMETERS = (
    "limit",
    "bbox",
    "bbox-crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "after",
)


def describe_api(base: str, version: str, default_limit: int, rent: Rent) -> Node:
    """Return the document; its paths are relative to ROOT, as GDAL expects them."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Rooms for rent",
            "description": "OGC API Features: the rooms as a layer for GIS clients.",
            "version": version,
            "license": {"name": "MIT", "url": "https://opensource.org/license/mit"},
        },
        "servers": [{"url": f"{base}{ROOT}"}],
        "tags": [{"name": "Capabilities"}, {"name": "Data"}],
        "paths": _paths(),
        "components": {
            "parameters": _parameters(default_limit, rent),
            "schemas": {"error": _error()},
            "responses": {name: _failed(help_) for name, help_ in _FAILURES.values()},
        },
    }


def _paths() -> Node:
    chosen = [_reference(_FORMAT)]
    items = [_reference(name) for name in (*ITEM_PARAMETERS, *EQUALS)]
    return {
        _path(ROOT) or "/": _get("landing", "The landing page", {JSON: _OBJECT}, chosen),
        _path(API): _get("api", "This document", {OPENAPI_3_0: _OBJECT, JSON: _OBJECT}),
        _path(CONFORMANCE): _get("conformance", "The conformance classes", {JSON: _OBJECT}),
        _path(COLLECTIONS): _get("collections", "The layers", {JSON: _OBJECT}, chosen),
        _path(COLLECTION): _get("collection", "The layer of rooms", {JSON: _OBJECT}, chosen),
        _path(QUERYABLES): _get("queryables", "What filters compare", {SCHEMA_JSON: _OBJECT}),
        _path(SCHEMA): _get("schema", "The fields of a room", {SCHEMA_JSON: _OBJECT}),
        _path(FEATURE_SCHEMA): _get("featureSchema", "A room as a Feature", {SCHEMA_JSON: _OBJECT}),
        _path(ITEMS): _get("items", "Search rooms", {GEOJSON: _OBJECT}, items, "Data"),
        f"{_path(ITEMS)}/{{{_CODE}}}": _get(
            "item", "One room", {GEOJSON: _OBJECT}, [_reference(_CODE)], "Data", ("404",)
        ),
    }


def _path(path: str) -> str:
    return path.removeprefix(ROOT)


def _get(  # noqa: PLR0913, PLR0917 - the parts of an operation
    name: str,
    summary: str,
    contents: Node,
    parameters: list[Node] | None = None,
    tag: str = "Capabilities",
    failures: tuple[str, ...] = (),
) -> Node:
    described = {kind: {"schema": each} for kind, each in contents.items()}
    statuses = sorted({"400", "406", "500", "503", *failures})
    return {
        "get": {
            "operationId": name,
            "tags": [tag],
            "summary": summary,
            "parameters": parameters or [],
            "responses": {
                "200": {"description": summary, "content": described},
                **{each: _reference(_FAILURES[each][0], "responses") for each in statuses},
            },
        }
    }


def _reference(name: str, kind: str = "parameters") -> Node:
    return {"$ref": f"#/components/{kind}/{name}"}


def _parameters(default_limit: int, rent: Rent) -> Node:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": default_limit}
    bbox = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    crs = {"type": "string", "enum": [CRS84], "default": CRS84}
    languages = {"type": "string", "enum": FILTER_LANGUAGES, "default": FILTER_LANGUAGES[0]}
    described = {
        "limit": _query("at most this many rooms; a greater number means the maximum", limit),
        "bbox": _query("a box: west,south,east,north in degrees", bbox),
        "bbox-crs": _query("the reference system of `bbox`", crs),
        "datetime": _query("a time or interval; rooms have none, so it excludes none", _TEXT),
        "filter": _query("a boolean expression: `price < 60 OR bedrooms >= 2`", _TEXT),
        "filter-lang": _query("the language of `filter`", languages),
        "filter-crs": _query("the reference system of `filter`", crs),
        "after": _query(
            "where the page begins; follow the link `next` rather than setting it", _TEXT
        ),
        _FORMAT: _query("a page for people", {"type": "string", "enum": ["json", "html"]}),
        **{
            name: _query(f"rooms whose {name} equals this", field_schema(FIELDS[name], rent))
            for name in EQUALS
        },
    }
    # These are defaults, which the standard's own schema spells out.
    form = {"in": "query", "required": False, "style": "form", "explode": False}
    parameters = {name: {"name": name, **form, **each} for name, each in described.items()}
    code = {"name": _CODE, "in": "path", "required": True}
    return parameters | {_CODE: {**code, "schema": field_schema(FIELDS["code"], rent)}}


def _query(description: str, schema: Node) -> Node:
    return {"description": description, "schema": schema}


def _error() -> Node:
    properties = {"type": _TEXT, "message": _TEXT}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _failed(description: str) -> Node:
    content = {JSON: {"schema": _reference("error", "schemas")}}
    return {"description": description, "content": content}
