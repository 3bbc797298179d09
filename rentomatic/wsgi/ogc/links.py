"""The addresses of OGC API Features, and links to them."""

from typing import Any

from rentomatic.formats.geojson import MEDIA_TYPE as GEOJSON
from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.wsgi.response import HTML

ROOT = "/ogc"
API = f"{ROOT}/api"
CONFORMANCE = f"{ROOT}/conformance"
COLLECTIONS = f"{ROOT}/collections"
COLLECTION = f"{COLLECTIONS}/rooms"
ITEMS = f"{COLLECTION}/items"
QUERYABLES = f"{COLLECTION}/queryables"
SCHEMA = f"{COLLECTION}/schema"
# GDAL reads the types of fields from a schema of a whole Feature.
FEATURE_SCHEMA = f"{COLLECTION}/feature-schema"

# They do not depend on the rooms.
DOCUMENTS = (API, CONFORMANCE, QUERYABLES, SCHEMA, FEATURE_SCHEMA)

OPENAPI = "application/vnd.oai.openapi+json"
OPENAPI_3_0 = f"{OPENAPI};version=3.0"
SCHEMA_JSON = "application/schema+json"

RELATIONS = "http://www.opengis.net/def/rel/ogc/1.0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

Node = dict[str, Any]


def link(href: str, relation: str, title: str, media_type: str = JSON) -> Node:
    """Return a link (RFC 8288, as OGC 17-069r4 writes it in JSON)."""
    return {"href": href, "rel": relation, "type": media_type, "title": title}


def as_header(each: Node) -> str:
    """Return a link as the header `Link` has it."""
    return f'<{each["href"]}>; rel="{each["rel"]}"; type="{each["type"]}"'


def landing_links(base: str) -> list[Node]:
    """Return the links of the landing page; `base` is what each address begins with."""
    return [
        link(f"{base}{ROOT}", "self", "This document"),
        link(f"{base}{ROOT}?format=html", "alternate", "This document as a page", HTML),
        link(f"{base}{API}", "service-desc", "The API as an OpenAPI document", OPENAPI_3_0),
        link(f"{base}/docs", "service-doc", "The whole service, to read", HTML),
        link(f"{base}{CONFORMANCE}", "conformance", "The conformance classes of the API"),
        link(f"{base}{COLLECTIONS}", "data", "The layers"),
    ]


def collection_links(base: str) -> list[Node]:
    """Return the links of the layer."""
    return [
        link(f"{base}{COLLECTION}", "self", "This layer"),
        link(f"{base}{COLLECTION}?format=html", "alternate", "This layer as a page", HTML),
        link(f"{base}{ITEMS}", "items", "The rooms", GEOJSON),
        link(f"{base}{QUERYABLES}", f"{RELATIONS}queryables", "What filters use", SCHEMA_JSON),
        link(f"{base}{SCHEMA}", f"{RELATIONS}schema", "The fields of a room", SCHEMA_JSON),
        link(f"{base}{FEATURE_SCHEMA}", "describedby", "A room as a Feature", SCHEMA_JSON),
    ]
