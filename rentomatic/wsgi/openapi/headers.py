"""The headers of requests and answers, as OpenAPI describes them."""

from rentomatic.requests.room_list import COUNTS
from rentomatic.wsgi.failure import RETRY_AFTER_SECONDS
from rentomatic.wsgi.openapi.schemas import JsonSchema
from rentomatic.wsgi.pages.rendering import VARY
from rentomatic.wsgi.request import REQUEST_ID

_TEXT = {"type": "string"}


def _always(description: str, schema: JsonSchema) -> JsonSchema:
    """Describe a header of every answer that documents it."""
    return {"description": description, "required": True, "schema": schema}


def _maybe(description: str, schema: JsonSchema) -> JsonSchema:
    return {"description": description, "schema": schema}


def _sent(name: str, description: str, schema: JsonSchema = _TEXT) -> JsonSchema:
    return {"name": name, "in": "header", "description": description, "schema": schema}


# Of answers.
HEADERS = {
    "X-Request-Id": _always(
        "the id of the request, to report with a problem: the client's own if well formed",
        {"type": "string", "pattern": f"^{REQUEST_ID.pattern}$"},
    ),
    "Cache-Control": _always(
        "`no-cache`: store it, but revalidate with `If-None-Match` before each use; "
        "`no-store`: do not store it",
        _TEXT,
    ),
    "Vary": _always(
        "the request headers on which the answer depends: more of them, if it is a page",
        {"type": "string", "enum": ["Accept", VARY]},
    ),
    "ETag": _maybe(
        "identifies this answer, for `If-None-Match` and `If-Match`",
        {"type": "string", "pattern": '^"[0-9a-f]+"$'},
    ),
    "Last-Modified": _maybe(
        "when the latest change in the feed was made; missing if the feed has no rooms", _TEXT
    ),
    "Link": _always(
        "relative references (RFC 8288): `describedby` to the OpenAPI document; for a search, "
        "`first` and, while there are more rooms, `next`; for `near` without `sort`, "
        "`related` to the same search with the nearest first; for an empty search, `related` to "
        "its relaxations; for a room, `related` to similar ones; for changes, always `next`",
        _TEXT,
    ),
    "X-Total-Count": _maybe(
        "the number of rooms on all pages, if `count` is given", {"type": "integer", "minimum": 0}
    ),
    "X-Total-Count-Kind": _maybe(
        "whether that number is exact or an estimate", {"type": "string", "enum": list(COUNTS)}
    ),
    "Retry-After": _always(
        "how many seconds to wait before trying again",
        {"type": "integer", "const": RETRY_AFTER_SECONDS},
    ),
    "Location": _always(
        "what was added, or the target of a redirect; a relative reference",
        {"type": "string", "format": "uri-reference"},
    ),
    "WWW-Authenticate": _always(
        "how to authenticate (RFC 6750)", {"type": "string", "pattern": "^Bearer"}
    ),
    "Accept": _maybe("the media types that this request accepts", _TEXT),
    "Accept-Encoding": _maybe("the accepted encoding, if that was the problem", _TEXT),
    "Accept-Patch": _maybe("the media types that a PATCH accepts here (RFC 5789)", _TEXT),
    "Content-Security-Policy": _always("what the page may load", _TEXT),
}

# In every answer.
COMMON = ("X-Request-Id", "Cache-Control", "Vary")
TAG = "ETag"

# One type, as client generators require for a header.
_ONE_TAG = {"type": "string", "pattern": r'^(\*|"[!#-~]*")$'}
# Of requests, by the names of their components.
REQUEST_HEADERS = {
    "If-None-Match": _sent(
        "If-None-Match",
        "entity tags of stored answers; if one is current, the answer is 304 without a body",
    ),
    "If-Match": _sent(
        "If-Match",
        "the entity tag of the room as it was read, in any format; if the room has been changed or "
        "removed since, nothing is written (412); `*` for any existing room",
        _ONE_TAG,
    ),
    "If-Match.read": _sent(
        "If-Match",
        "entity tags of stored answers; if none is current, the answer is 412; `*` for any answer",
        _ONE_TAG,
    ),
    "If-Modified-Since": _sent(
        "If-Modified-Since",
        "the `Last-Modified` of a stored answer; if nothing in it was changed since, the answer is "
        "304. `If-None-Match` is more exact, and overrides it",
    ),
    "If-None-Match.any": _sent(
        "If-None-Match",
        "`*` only adds: if the room exists, nothing is written (412). Not together with `If-Match`",
        {"type": "string", "pattern": r"^\*$"},
    ),
    "Idempotency-Key": _sent(
        "Idempotency-Key",
        "a name for this write, chosen by the client: if it is sent again with the same key within "
        "a day, it is not made again and gets the same answer; with another body it is a conflict "
        "(409). A key belongs to one token, method and path",
        {"type": "string", "pattern": "^[ -~]{1,255}$"},
    ),
    # No pattern: a malformed id is not an error, only ignored.
    "X-Request-Id": _sent(
        "X-Request-Id",
        "a name for the request, repeated in its answer: a letter or digit, then letters, digits, "
        "`.`, `_` and `-`, at most 128 in all",
    ),
}
