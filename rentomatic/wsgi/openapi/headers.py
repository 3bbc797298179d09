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
        help: what it says.
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
            "the request's id, to quote where something is wrong: its own if well formed",
            {"type": "string", "pattern": f"^{REQUEST_ID.pattern}$"},
            is_always=True,
        ),
        Header(
            "Cache-Control",
            "`no-cache`: keep it, but ask with `If-None-Match` before each use; "
            "`no-store`: do not keep it",
            _TEXT,
            is_always=True,
        ),
        Header("Vary", "what else the answer depends on", {"const": "Accept"}, is_always=True),
        Header(
            "ETag",
            "names this answer, for `If-None-Match`; any other answer has another",
            {"type": "string", "pattern": '^"[0-9a-f]+"$'},
        ),
        Header(
            "Link",
            "where this is described; of a search the `first` page and, exactly if there is one, "
            "the `next`; of `near` without `sort` the same, `related`, with the nearest first; of "
            "changes always where to go on; relative references (RFC 8288)",
            _TEXT,
            is_always=True,
        ),
        Header(
            "X-Total-Count",
            "how many rooms there are on all pages, where `count` is given",
            {"type": "integer", "minimum": 0},
        ),
        Header(
            "X-Total-Count-Kind",
            "how they were counted",
            {"type": "string", "enum": list(COUNTS)},
        ),
        Header(
            "Retry-After",
            "after how many seconds to try again",
            {"type": "integer", "const": RETRY_AFTER_SECONDS},
            is_always=True,
        ),
        Header(
            "Location",
            "where to go on; a relative reference",
            {"type": "string", "format": "uri-reference"},
            is_always=True,
        ),
        Header(
            "WWW-Authenticate",
            "how to say who asks (RFC 6750)",
            {"type": "string", "pattern": "^Bearer"},
            is_always=True,
        ),
        Header("Accept", "what the body of this request may be", _TEXT),
        Header("Accept-Encoding", "how it may be encoded, where that was the problem", _TEXT),
        Header("Accept-Patch", "what the body of a PATCH may be here (RFC 5789)", _TEXT),
        Header("Content-Security-Policy", "what the page may load: nothing", _TEXT, is_always=True),
    )
}

# What every answer has.
COMMON = ("X-Request-Id", "Cache-Control", "Vary")
TAG = "ETag"

IF_NONE_MATCH = Header(
    "If-None-Match",
    "entity tags of the answers that are at hand; where one names the present answer, that is "
    "told (304) instead of sending it again",
    _TEXT,
)
IF_MATCH = Header(
    "If-Match",
    "the entity tag of the room as it was read, in any format; where it is another one by now, or "
    "gone, nothing is changed (412); `*` for any room that is there",
    # One type, as generators of clients want a header to have.
    {"type": "string", "pattern": r'^(\*|"[!#-~]*")$'},
)
IF_MATCH_READ = Header(
    "If-Match",
    "entity tags of answers that are at hand; where none names the present answer, that is told "
    "(412) instead of sending another; `*` for any answer",
    IF_MATCH.schema,
)
ONLY_ADD = Header(
    "If-None-Match",
    "`*` only adds; where there is a room, nothing is changed (412). Not together with `If-Match`",
    {"type": "string", "pattern": r"^\*$"},
)
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "a name for this write, of the client's choosing: sent again with the same key within a day, "
    "it is not made again and gets the same answer; with another body that is a conflict (409). "
    "Another token, method or path may use the same key for itself",
    {"type": "string", "pattern": "^[ -~]{1,255}$"},
)
# No pattern: a name that is not well formed is no error, it is only not taken over.
REQUEST_ID_GIVEN = Header(
    "X-Request-Id",
    "a name for the request, found again in its answer: a letter or digit, then letters, "
    "digits, `.`, `_` and `-`, at most 128 in all",
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
