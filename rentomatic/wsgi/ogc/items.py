"""Reading which rooms a GIS client wants."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from rentomatic.requests.base import InvalidRequest, ParameterError, with_errors
from rentomatic.requests.boxes import box_of_numbers
from rentomatic.requests.parsers import parse_integer, shown
from rentomatic.requests.room_fields import FILTER_KEYS, OPERAND_PARSERS
from rentomatic.requests.room_list import MAX_LIMIT, RoomListRequest, build_room_list_request
from rentomatic.wsgi.arguments import unknown_parameters
from rentomatic.wsgi.ogc.links import CRS84
from rentomatic.wsgi.request import Request

# GDAL asks for `cql-text`, the name in the drafts of CQL2.
FILTER_LANGUAGES = ("cql2-text", "cql-text")

# The fields that a parameter of their name compares: `city=Paris`.
EQUALS = {field: f"{field}__eq" for field, operator in FILTER_KEYS.values() if operator == "eq"}

_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?"
)
_CRS = {CRS84, "http://www.opengis.net/def/crs/OGC/0/CRS84h"}
_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,9})?"
_INSTANT = rf"{_DATE}(?:[Tt](?:{_TIME}(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))?)?"
# An instant, or an interval that may be open at one end (OGC 17-069r4, section 7.15.4).
_DATETIME = re.compile(rf"{_INSTANT}|{_INSTANT}/(?:{_INSTANT}|(?:\.\.)?)|(?:\.\.)?/{_INSTANT}")


def parse_items_bbox(text: str) -> list[float]:
    """Read a box of 4 or 6 numbers, which may have exponents, as GDAL writes them.

    Raises:
        ValueError: with a message that continues after the parameter's name.
    """
    parts = text.split(",")
    if wrong := [part for part in parts if not _NUMBER.fullmatch(part)]:
        raise ValueError(f"must be numbers such as -0.2 or 1e-3, not {shown(wrong[0])}")
    box = box_of_numbers([float(part) for part in parts])
    return [box.west, box.south, box.east, box.north]


def parse_items_limit(text: str) -> int:
    """Read a limit; a greater one than MAX_LIMIT means that (OGC 17-069r4, section 7.15.2)."""
    try:
        limit = parse_integer(text)
    except ValueError:
        limit = 0
    if limit < 1:
        raise ValueError(f"must be an integer of at least 1, not {shown(text)}")
    return min(limit, MAX_LIMIT)


def _check_datetime(text: str) -> str:
    """Check a time (RFC 3339); rooms have none, so it restricts nothing."""
    if not _DATETIME.fullmatch(text):
        raise ValueError(
            "must be a time such as 2027-01-31T12:00:00Z, or two of them or .. with a slash "
            f"between them, not {shown(text)}"
        )
    return text


def _check_crs(text: str) -> str:
    if text not in _CRS:
        raise ValueError(f"must be {CRS84}, not {shown(text)}")
    return text


def _check_language(text: str) -> str:
    if text not in FILTER_LANGUAGES:
        raise ValueError(f"must be {' or '.join(FILTER_LANGUAGES)}, not {shown(text)}")
    return text


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "limit": parse_items_limit,
    "bbox": parse_items_bbox,
    "bbox-crs": _check_crs,
    "datetime": _check_datetime,
    "filter": str,
    "filter-lang": _check_language,
    "filter-crs": _check_crs,
    "after": str,
    **{field: OPERAND_PARSERS[key] for field, key in EQUALS.items()},
}
_PASSED_ON = ("limit", "bbox", "filter", "after")


def read_items(request: Request, default_limit: int) -> RoomListRequest | InvalidRequest:
    """Read a search in the terms of OGC API Features (Parts 1 and 3)."""
    given = request.query.values
    errors = [*request.query.errors, *unknown_parameters(given, _PARSERS)]
    read: dict[str, Any] = {"limit": default_limit}
    for name in [each for each in given if each in _PARSERS]:
        try:
            read[name] = _PARSERS[name](given[name])
        except ValueError as problem:
            errors.append(ParameterError(name, str(problem)))
    filters = {EQUALS[name]: given[name] for name in read if name in EQUALS}
    arguments = {name: read[name] for name in _PASSED_ON if name in read}
    # A cursor belongs to the search as a whole.
    if errors:
        arguments.pop("after", None)
    return with_errors(build_room_list_request(filters, **arguments), errors)
