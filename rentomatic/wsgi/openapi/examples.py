"""Example requests to a service with the book's rooms, and its answers.

The rooms that each search finds are listed by hand; a test compares them with the service.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from rentomatic.demo import book_rooms, demo_rooms
from rentomatic.domain.geography import Near
from rentomatic.domain.relaxation import CountKind
from rentomatic.domain.room import FIELDS, OPTIONAL_FIELDS, Room
from rentomatic.domain.room_change import ChangeKind, RoomChange
from rentomatic.domain.room_map import Grid, cells_of
from rentomatic.domain.room_summary import summarize
from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.formats.json import dump_value
from rentomatic.formats.table import FORMATS, IMPORT_FORMATS, Format
from rentomatic.formats.view import WHOLE, View
from rentomatic.repository.results import Mapped, SaveSummary, Summarized
from rentomatic.repository.saved_searches import SavedSearch
from rentomatic.requests.room_changes_cursor import ChangePosition, write_changes_cursor
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_fields import AMOUNTS, DISTANCE, FILTER_KEYS, OPERATORS, Takes
from rentomatic.requests.room_import import BadLine, Used
from rentomatic.requests.room_list import ALL_FIELDS
from rentomatic.requests.room_order import parse_sort
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.saved_search import KEYS
from rentomatic.serializers.room_changes import dump_changes
from rentomatic.serializers.room_import import dump_report
from rentomatic.serializers.room_map import MAP_FORMATS
from rentomatic.serializers.room_summary import dump_summary
from rentomatic.serializers.saved_search import dump_search
from rentomatic.use_cases.room_import import ImportReport, Rejected
from rentomatic.wsgi.json_body import MERGE_PATCH
from rentomatic.wsgi.query import FILTER_PREFIX, FORMAT
from rentomatic.wsgi.response import Headers

_BOOK = book_rooms()
# The book's rooms have none of the optional fields.
_DESCRIBED = [
    replace(room, url=f"https://example.com/rooms/{room.reference}")
    for room in islice(demo_rooms(), len(_BOOK), len(_BOOK) + 10)
]
FIRST, SECOND, THIRD, FOURTH = _BOOK


@dataclass(frozen=True, slots=True)
class Example:
    """A request, with the path and query as `target`, and the body of its answer."""

    summary: str
    target: str
    body: bytes
    headers: Headers = ()
    method: str = "GET"
    sent: bytes = b""

    def describe(self, media_type: str) -> dict[str, Any]:
        """Return it in the form of the document; `description` is the request."""
        lines = [
            f"{self.method} {self.target}",
            *(f"{name}: {text}" for name, text in self.headers),
        ]
        body = f"\n\n{self.sent.decode()}" if self.sent else ""
        return {
            "summary": self.summary,
            "description": "\n".join(lines) + body,
            "value": _value(media_type, self.body),
        }

    def describe_sent(self, media_type: str) -> dict[str, Any]:
        """Return the body of the request in the form of the document."""
        return {"summary": self.summary, "value": _value(media_type, self.sent)}


def _value(media_type: str, body: bytes) -> object:
    is_json = media_type == JSON or media_type.endswith("+json")
    return json.loads(body) if is_json else body.decode()


Examples = Mapping[str, tuple[Example, ...]]  # by media type

_ORDER = parse_sort("price")
_AFTER = write_cursor(RoomSelection(), _ORDER, tuple(getattr(FOURTH, key.name) for key in _ORDER))
_FIRST_PAGE = f"/rooms?sort={_ORDER[0]}&limit=2"
_NEXT_PAGE = f"{_FIRST_PAGE}&after={_AFTER}"


def _operand(field: str, operator: str) -> object:
    """Return an example of what a filter compares with; None if no room here has the field."""
    takes = OPERATORS[operator].takes
    if takes is Takes.FLAG:
        return True
    rooms = _DESCRIBED if field in OPTIONAL_FIELDS else _BOOK
    values = sorted({value for room in rooms if (value := getattr(room, field)) is not None})[1:3]
    if not values:
        return None
    return values[0] if takes is Takes.VALUE else values


FILTER_EXAMPLES: Mapping[str, object] = {
    f"{FILTER_PREFIX}{key}": _operand(*names) for key, names in FILTER_KEYS.items()
}

# Summary, request, the rooms found, and the view of them.
_SEARCHES = (
    ("Rooms for less than 60", "/rooms?filter_price__lt=60", (FIRST, FOURTH), WHOLE),
    (
        "The two nearest to a place, and how far they are",
        f"/rooms?near=-0.12,51.5&sort={DISTANCE}&limit=2&fields=code,{DISTANCE}",
        (THIRD, FIRST),
        View(("code", DISTANCE), Near(-0.12, 51.5)),
    ),
    (
        "Rooms in a box, with the number of rooms on all pages",
        "/rooms?bbox=0.1,51.4,0.3,51.8&count=exact",
        (SECOND, THIRD),
        WHOLE,
    ),
    ("The cheapest, two a page", _FIRST_PAGE, (FIRST, FOURTH), WHOLE),
    ("The next page, from the Link of the first", _NEXT_PAGE, (THIRD, SECOND), WHOLE),
)


def _searches(form: Format) -> Iterator[Example]:
    """Yield all searches in the default format, one in any other."""
    for summary, target, rooms, view in _SEARCHES if form.media_type == JSON else _SEARCHES[:1]:
        body = b"".join(form.stream_rooms(rooms, view))
        yield Example(f"{summary} (`{form.name}`)", _in_format(target, form), body)


def _room(form: Format) -> Example:
    target = _in_format(f"/rooms/{FIRST.code}", form)
    return Example(f"A room (`{form.name}`)", target, form.dump_room(FIRST, WHOLE))


def _in_format(target: str, form: Format) -> str:
    """Add the format to a request, unless it is the default."""
    separator = "&" if "?" in target else "?"
    return target if form.media_type == JSON else f"{target}{separator}{FORMAT}={form.name}"


ROOMS: Examples = {each.media_type: tuple(_searches(each)) for each in FORMATS.values()}
ROOM: Examples = {each.media_type: (_room(each),) for each in FORMATS.values()}

_SIMILAR_TO_FOURTH = (THIRD, SECOND, FIRST)
_VIEW_OF_SIMILAR = View((*ALL_FIELDS, DISTANCE), Near(*FOURTH.place))


def _similar(form: Format) -> Example:
    target = _in_format(f"/rooms/{FOURTH.code}/similar", form)
    body = b"".join(form.stream_rooms(_SIMILAR_TO_FOURTH, _VIEW_OF_SIMILAR))
    return Example(f"The most similar rooms (`{form.name}`)", target, body)


SIMILAR: Examples = {each.media_type: (_similar(each),) for each in FORMATS.values()}

_AMOUNTS = {name: [getattr(room, name) for room in _BOOK] for name in AMOUNTS}
SUMMARY: Examples = {
    JSON: (
        Example(
            "All rooms", "/rooms/summary", dump_summary(Summarized(summarize(_BOOK, _AMOUNTS)))
        ),
    )
}

_NOTHING = "filter_price__lt=50&filter_size__gte=300"
RELAXATIONS: Examples = {
    JSON: (
        Example(
            "There is no room like this, but",
            f"/rooms/relaxations?{_NOTHING}",
            dump_value(
                [
                    {
                        "parameter": "filter_size__gte",
                        "from": "300",
                        "to": str(FIRST.size),
                        "count": 1,
                        "count_kind": CountKind.EXACT,
                        "href": f"/rooms?filter_price__lt=50&filter_size__gte={FIRST.size}",
                    },
                    {
                        "parameter": "filter_price__lt",
                        "from": "50",
                        "to": str(SECOND.price + 1),
                        "count": 1,
                        "count_kind": CountKind.EXACT,
                        "href": f"/rooms?filter_size__gte=300&filter_price__lt={SECOND.price + 1}",
                    },
                ]
            ),
        ),
    )
}

_LONDON = "/rooms/map?bbox=-0.2,51.3,0.4,51.8&zoom=7"
_CELLS = Mapped(cells_of(_BOOK, Grid(7)))
MAP: Examples = {
    each.media_type: (
        Example(f"Around London (`{name}`)", f"{_LONDON}{suffix}", each.dump(_CELLS, 7)),
    )
    for (name, each), suffix in zip(MAP_FORMATS.items(), ("", "&format=geojson"), strict=True)
}

_EPOCH = UUID("7ee0bd47-1b4b-4b26-9d4c-0f9b1d2c3a5e")
_MADE_AT = datetime(2026, 5, 4, 9, 30, 15, 250_000, UTC)
# A cursor of another database than the one that answers.
FOREIGN = write_changes_cursor(ChangePosition(_EPOCH, 744, len(_BOOK), _MADE_AT))
_ADDED = [RoomChange(ChangeKind.ADDED, _MADE_AT, "office", room.code, room) for room in _BOOK]
# Each service has its own cursors and times.
CHANGES: Examples = {
    JSON: (
        Example(
            "The start of a copy of all rooms",
            "/rooms/changes?since=now",
            dump_changes((), FOREIGN, is_last=True),
        ),
        Example(
            "All changes that are kept",
            "/rooms/changes?since=0",
            dump_changes(_ADDED, FOREIGN, is_last=True),
        ),
    )
}

LIVE: Examples = {JSON: (Example("It is", "/health/live", dump_value({"status": "live"})),)}
_READY = {"status": "ready", "newer_migrations": []}
READY: Examples = {JSON: (Example("It is", "/health/ready", dump_value(_READY)),)}

# A placeholder for a token.
TOKEN = "TOKEN"  # noqa: S105 - no one's
AUTHORIZED = (("Authorization", f"Bearer {TOKEN}"),)
SENDS_JSON = (*AUTHORIZED, ("Content-Type", JSON))

NEW = Room(UUID("1f6d8d36-4c7e-4f0e-9d1a-6f3b1a0c5e42"), 30, 75, 13.45, 52.51)
_CHEAPER = replace(FIRST, price=35)


def sent_room(room: Room) -> bytes:
    """Return a room as a request body."""
    return FORMATS["json"].dump_room(room, WHOLE)


def _written(
    summary: str, request: str, room: Room, headers: Headers = SENDS_JSON, sent: bytes = b""
) -> Examples:
    method, target = request.split()
    body = sent_room(room)
    return {JSON: (Example(summary, target, body, headers, method, sent or body),)}


def _batch(
    form: Format, target: str = "/rooms", bad: bytes = b"", rejected: Rejected | None = None
) -> Example:
    """Return an example of a batch with a changed and a new room, maybe with a bad line."""
    sent = b"".join(form.stream_rooms((_CHEAPER, NEW), WHOLE)).replace(b"\r\n", b"\n") + bad
    used = Used()
    used.add({name: name for name in (FIELDS if form.name == "csv" else NEW.to_dict())})
    report = ImportReport(SaveSummary(added=1, updated=1), rejected or Rejected(), used=used)
    headers = (*AUTHORIZED, ("Content-Type", form.media_type))
    what = "Only the good lines" if rejected else "Several rooms"
    return Example(f"{what} (`{form.name}`)", target, dump_report(report), headers, "POST", sent)


_BAD_LINE = BadLine(4, (f"must have {len(FIELDS)} values, not 1",), ())
_REJECTED = Rejected(count=1, first=[_BAD_LINE])
_SEARCH = SavedSearch(
    UUID("0b4d2f0e-6c0f-4a43-9f6e-0f2f6f8c1d11"),
    "office",
    "Cheap rooms around London",
    "filter_price__lt=60&near=-0.12,51.5&radius=50000",
    "https://example.com/rooms/webhook",
    _MADE_AT,
)
_NEW_SEARCH = dump_value({name: getattr(_SEARCH, name) for name in KEYS})
SAVED: Examples = {
    JSON: (
        Example(
            "A search near a place",
            "/searches",
            dump_search(_SEARCH, "whsec_c2hvd24gb25jZSwgc28ga2VlcCBpdCBzb21ld2hlcmU="),
            SENDS_JSON,
            "POST",
            _NEW_SEARCH,
        ),
    )
}
IMPORTED = {
    JSON: (
        *map(_batch, IMPORT_FORMATS.values()),
        _batch(FORMATS["csv"], "/rooms?on_error=skip", b"a room\n", _REJECTED),
    )
}
ADDED = _written("A room with a code chosen by the client", "POST /rooms", NEW)
REPLACED = _written("Another price", f"PUT /rooms/{FIRST.code}", _CHEAPER)
PUT = _written("A new room", f"PUT /rooms/{NEW.code}", NEW, (*SENDS_JSON, ("If-None-Match", "*")))
CHANGED = _written(
    "Another price",
    f"PATCH /rooms/{FIRST.code}",
    _CHEAPER,
    (*AUTHORIZED, ("Content-Type", MERGE_PATCH)),
    dump_value({"price": _CHEAPER.price}),
)
