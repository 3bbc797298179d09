"""The headers of requests and answers."""

from dataclasses import dataclass, field

from rentomatic.requests.room_list import COUNTS
from rentomatic.wsgi.failure import RETRY_AFTER_SECONDS
from rentomatic.wsgi.openapi.schemas import JsonSchema
from rentomatic.wsgi.request import REQUEST_ID


@dataclass(frozen=True, slots=True)
class Header:
    """A header.

    Attributes:
        name: its name.
        help: its meaning.
        schema: its values as JSON Schema.
        is_always: whether every answer that documents it has it.
    """

    name: str
    help: str
    schema: JsonSchema = field(compare=False)
    is_always: bool = False


_TEXT = {"type": "string"}

HEADERS = {
    each.name: each
    for each in (
        Header(
            "X-Request-Id",
            "the id of the request, to report with a problem: the client's own if well formed",
            {"type": "string", "pattern": f"^{REQUEST_ID.pattern}$"},
            is_always=True,
        ),
        Header(
            "Cache-Control",
            "`no-cache`: store it, but revalidate with `If-None-Match` before each use; "
            "`no-store`: do not store it",
            _TEXT,
            is_always=True,
        ),
        Header(
            "Vary",
            "the request header on which the answer depends",
            {"const": "Accept"},
            is_always=True,
        ),
        Header(
            "ETag",
            "identifies this answer, for `If-None-Match` and `If-Match`",
            {"type": "string", "pattern": '^"[0-9a-f]+"$'},
        ),
        Header(
            "Link",
            "relative references (RFC 8288): `describedby` to the OpenAPI document; for a search, "
            "`first` and, while there are more rooms, `next`; for `near` without `sort`, "
            "`related` to the same search with the nearest first; for changes, always `next`",
            _TEXT,
            is_always=True,
        ),
        Header(
            "X-Total-Count",
            "the number of rooms on all pages, if `count` is given",
            {"type": "integer", "minimum": 0},
        ),
        Header(
            "X-Total-Count-Kind",
            "whether that number is exact or an estimate",
            {"type": "string", "enum": list(COUNTS)},
        ),
        Header(
            "Retry-After",
            "how many seconds to wait before trying again",
            {"type": "integer", "const": RETRY_AFTER_SECONDS},
            is_always=True,
        ),
        Header(
            "Location",
            "the added room, or the target of a redirect; a relative reference",
            {"type": "string", "format": "uri-reference"},
            is_always=True,
        ),
        Header(
            "WWW-Authenticate",
            "how to authenticate (RFC 6750)",
            {"type": "string", "pattern": "^Bearer"},
            is_always=True,
        ),
        Header("Accept", "the media types that this request accepts", _TEXT),
        Header("Accept-Encoding", "the accepted encoding, if that was the problem", _TEXT),
        Header("Accept-Patch", "the media types that a PATCH accepts here (RFC 5789)", _TEXT),
        Header("Content-Security-Policy", "what the page may load: nothing", _TEXT, is_always=True),
    )
}

# In every answer.
COMMON = ("X-Request-Id", "Cache-Control", "Vary")
TAG = "ETag"

IF_NONE_MATCH = Header(
    "If-None-Match",
    "entity tags of stored answers; if one is current, the answer is 304 without a body",
    _TEXT,
)
IF_MATCH = Header(
    "If-Match",
    "the entity tag of the room as it was read, in any format; if the room has been changed or "
    "removed since, nothing is written (412); `*` for any existing room",
    # One type, as client generators require for a header.
    {"type": "string", "pattern": r'^(\*|"[!#-~]*")$'},
)
IF_MATCH_READ = Header(
    "If-Match",
    "entity tags of stored answers; if none is current, the answer is 412; `*` for any answer",
    IF_MATCH.schema,
)
ONLY_ADD = Header(
    "If-None-Match",
    "`*` only adds: if the room exists, nothing is written (412). Not together with `If-Match`",
    {"type": "string", "pattern": r"^\*$"},
)
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "a name for this write, chosen by the client: if it is sent again with the same key within a "
    "day, it is not made again and gets the same answer; with another body it is a conflict (409). "
    "A key belongs to one token, method and path",
    {"type": "string", "pattern": "^[ -~]{1,255}$"},
)
# No pattern: a malformed id is not an error, only ignored.
REQUEST_ID_GIVEN = Header(
    "X-Request-Id",
    "a name for the request, repeated in its answer: a letter or digit, then letters, digits, "
    "`.`, `_` and `-`, at most 128 in all",
    _TEXT,
)

# By the names of their components.
REQUEST_HEADERS = {
    "If-None-Match": IF_NONE_MATCH,
    "If-Match": IF_MATCH,
    "If-Match.read": IF_MATCH_READ,
    "If-None-Match.any": ONLY_ADD,
    "Idempotency-Key": IDEMPOTENCY_KEY,
    "X-Request-Id": REQUEST_ID_GIVEN,
}
