"""The landing page, the conformance classes, and the layer."""

from collections.abc import Mapping

from rentomatic.domain.geography import Box
from rentomatic.domain.rent import Rent
from rentomatic.formats.json import dump_value
from rentomatic.wsgi.ogc.api import describe_api
from rentomatic.wsgi.ogc.links import (
    API,
    COLLECTIONS,
    CONFORMANCE,
    CRS84,
    FEATURE_SCHEMA,
    QUERYABLES,
    SCHEMA,
    Node,
    collection_links,
    landing_links,
    link,
)
from rentomatic.wsgi.ogc.schemas import feature_schema, queryables, schema

TITLE = "Rooms for rent"
DESCRIPTION = "The rooms that the company rents out, as points with their fields"

_FEATURES = "http://www.opengis.net/spec/ogcapi-features-{}/1.0/conf/{}"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/{}"
# Only what is implemented: not Part 2, other reference systems.
CONFORMS_TO = (
    *(_FEATURES.format(1, each) for each in ("core", "oas30", "geojson")),
    *(
        _FEATURES.format(3, each)
        for each in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    _FEATURES.format(5, "schemas"),
    *(
        _CQL2.format(each)
        for each in (
            "cql2-text",
            "basic-cql2",
            "advanced-comparison-operators",
            "basic-spatial-functions",
        )
    ),
)


def write_documents(base: str, version: str, default_limit: int, rent: Rent) -> Mapping[str, bytes]:
    """Write the documents that do not depend on the rooms, by their paths.

    Args:
        base: what each address begins with; empty for references within the site.
        version: of the service.
        default_limit: of rooms on a page.
        rent: what prices mean.
    """
    documents: dict[str, Node] = {
        API: describe_api(base, version, default_limit, rent),
        CONFORMANCE: {"conformsTo": CONFORMS_TO},
        QUERYABLES: queryables(base, rent),
        SCHEMA: schema(base, rent),
        FEATURE_SCHEMA: feature_schema(base, rent),
    }
    return {path: dump_value(document) for path, document in documents.items()}


def landing(base: str) -> Node:
    """Return the landing page."""
    return {"title": TITLE, "description": DESCRIPTION, "links": landing_links(base)}


def collection(base: str, extent: Box | None) -> Node:
    """Describe the layer; `extent` is the box around all rooms, if there are any."""
    box = [extent.west, extent.south, extent.east, extent.north] if extent else None
    return {
        "id": "rooms",
        "title": TITLE,
        "description": DESCRIPTION,
        "itemType": "feature",
        "crs": [CRS84],
        **({"extent": {"spatial": {"bbox": [box], "crs": CRS84}}} if box else {}),
        "links": collection_links(base),
    }


def collections(base: str, extent: Box | None) -> Node:
    """List the layers."""
    links = [link(f"{base}{COLLECTIONS}", "self", "This document")]
    return {"links": links, "collections": [collection(base, extent)]}
