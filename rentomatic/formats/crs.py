"""The coordinate reference system of a GeoJSON file, which must be degrees (RFC 7946, 4)."""

import re

from rentomatic.domain.room import COORDINATES
from rentomatic.requests.parsers import shown

# URNs, URLs and short names, with any version:
# urn:ogc:def:crs:OGC:1.3:CRS84, http://www.opengis.net/def/crs/EPSG/0/4326, EPSG:4326.
_DEGREES = re.compile(
    r"(?:(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?"
    r"(?:OGC[:/](?:[0-9.]*[:/])?CRS84|EPSG[:/](?:[0-9.]*[:/])?4326)"
    r"|CRS84|https?://www\.opengis\.net/gml/srs/epsg\.xml#4326)",
    re.IGNORECASE,
)


def crs_problem(crs: object) -> str | None:
    """Say what is wrong with a member `crs` (GeoJSON of 2008, section 3); null is valid."""
    if crs is None:
        return None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else crs
    if isinstance(name, str) and _DEGREES.fullmatch(name):
        return None
    given = shown(name) if isinstance(name, str) else "one without a name"
    return (
        f"crs must be CRS84 or EPSG:4326, degrees of {' and '.join(COORDINATES)}, not {given}; "
        "convert the file: ogr2ogr -t_srs EPSG:4326 NEW OLD"
    )
