"""What an OpenAPI document cannot say about the service, for test_schemathesis."""

import re
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import schemathesis
from bs4 import BeautifulSoup
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.transport import Response
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import RejectedPositiveData

from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS

# JSON Schema knows numbers, not how they are written.
EXPONENT = re.compile(r"(?<![^,])-?[0-9.]+e[-+]?[0-9]+(?![^,])")

# The commas of a list, not those of an address in it, which must be quoted: no schema says so.
BETWEEN_ADDRESSES = re.compile(r",(?=https?://)")

CHANGES = "/rooms/changes"
SEARCHES = "/searches"

# Right ones have other characters; the tool makes up headers of these, whatever their pattern.
MADE_UP = re.compile(r"[A-Za-z0-9]+")

# Each line of a batch is read as a room is; to a schema it is text.
schemathesis.serializer.alias(list(BATCH_FORMATS), "text/plain")

# How parameters depend on each other: the errors of requests in which each alone is right.
DEPENDENCIES = (
    r"\w+: (by distance |distance )?needs near=longitude,latitude",
    r"radius_min: must not be above radius",
    r"bbox: must be west,south,east,north, and south must not lie above north",
    r"sort: \w+ is given more than once",
    r"code: must be the code in the path, .*",
    # To JSON Schema 60.0 is an integer.
    r"(size|price|bedrooms): must be an integer from .*, not [0-9.e+]+",
    r"If-None-Match: cannot be used together with If-Match",
    r"on_error: is only for a POST of .*",
    # An expression has a grammar, which no schema has.
    r"filter: is wrong at character .*",
    # Neither has a gazetteer, nor arithmetic.
    r"place: there is no place called .*",
    r"place: cannot be used together with .*",
    r"zoom: must be at most \d+ for a map of this box; .*",
)


def quoted(value: str) -> str:
    """Write an address, which has no quotes, as CSV does."""
    return f'"{value}"' if "," in value else value


@schemathesis.hook
def before_call(_context: HookContext, case: schemathesis.Case, _options: dict[str, Any]) -> None:
    """Write the numbers and the lists of a right request as the service reads them.

    And leave out cursors, which fit only one search, and conditions that are not right.
    """
    if case.meta and case.meta.generation.mode.is_positive:
        case.query.pop("after", None)
        if case.path == CHANGES and case.query.get("since") not in {"0", "now"}:
            case.query["since"] = "now"
        for name in ("If-Match", *(["If-None-Match"] if case.method == "PUT" else [])):
            if MADE_UP.fullmatch(case.headers.get(name, "*")):
                del case.headers[name]
        for name, value in case.query.items():
            if name == "filter_url__in":
                case.query[name] = ",".join(map(quoted, BETWEEN_ADDRESSES.split(str(value))))
                continue
            plain = EXPONENT.sub(lambda number: f"{Decimal(number[0]):.20f}", str(value))
            if plain != str(value):
                case.query[name] = plain


def errors_in(response: Response) -> list[str]:
    """Return the errors that an answer reports, as JSON or on a page."""
    if response.headers["content-type"][0].startswith("text/html"):
        page = BeautifulSoup(response.content, "html.parser")
        return [each.text for each in page.select('details ul[lang="en"] li')]
    lines: list[str] = response.json()["message"].splitlines()
    return lines


@schemathesis.hook
def filter_failure(
    _context: HookContext, failure: Failure, case: schemathesis.Case, response: Response
) -> bool:
    """Let a right request be refused where its parameters do not fit each other.

    Or the room, which no schema knows. And any request that is longer than the server reads, and a
    batch, whose lines no schema describes.
    """
    # The server's own answer to 64 KiB of addresses, which no operation has.
    if response.status_code == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return False
    if not isinstance(failure, AcceptedNegativeData | RejectedPositiveData):
        return True
    if response.status_code in {HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.PRECONDITION_FAILED}:
        return False
    # No schema says what a query string has in it, or an address as its host.
    is_text = case.path == SEARCHES and isinstance(failure, RejectedPositiveData)
    if is_text or case.media_type in BATCH_FORMATS:
        return False
    if isinstance(failure, AcceptedNegativeData):
        return True
    reported = errors_in(response)
    return not all(any(re.fullmatch(each, line) for each in DEPENDENCIES) for line in reported)
