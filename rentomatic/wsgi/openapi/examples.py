"""Requests to a service that has the book's rooms, and what it answers.

Which rooms a search finds is said here and not searched for; a test asks the service.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rentomatic.demo import book_rooms
from rentomatic.domain.room_change import ChangeKind, RoomChange
from rentomatic.domain.room_summary import summarize
from rentomatic.requests.room_changes_cursor import ChangePosition, write_changes_cursor
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_fields import AMOUNTS, DISTANCE
from rentomatic.requests.room_order import parse_sort
from rentomatic.requests.room_selection import Near, RoomSelection
from rentomatic.serializers.formats import FORMATS, Format
from rentomatic.serializers.json import MEDIA_TYPE as JSON
from rentomatic.serializers.json import dump_value
from rentomatic.serializers.room import View
from rentomatic.serializers.room_changes import dump_changes
from rentomatic.serializers.room_summary import dump_summary
from rentomatic.wsgi.parameters import FORMAT

FIRST, SECOND, THIRD, FOURTH = book_rooms()


@dataclass(frozen=True, slots=True)
class Example:
    """A request and the body of its answer.

    Attributes:
        summary: what it shows.
        target: the path that is requested, with its query.
        body: of the answer.
        headers: what the request has besides.
    """

    summary: str
    target: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def describe(self, media_type: str) -> dict[str, Any]:
        """Give it as the document does: `description` is the request as it is sent."""
        is_json = media_type == JSON or media_type.endswith("+json")
        lines = [f"GET {self.target}", *(f"{name}: {value}" for name, value in self.headers)]
        return {
            "summary": self.summary,
            "description": "\n".join(lines),
            "value": json.loads(self.body) if is_json else self.body.decode(),
        }


Examples = Mapping[str, tuple[Example, ...]]  # by media type

_ORDER = parse_sort("price")
_AFTER = write_cursor(RoomSelection(), _ORDER, tuple(getattr(FOURTH, key.name) for key in _ORDER))
_FIRST_PAGE = f"/rooms?sort={_ORDER[0]}&limit=2"
_NEXT_PAGE = f"{_FIRST_PAGE}&after={_AFTER}"

# What each shows, the request, the rooms that it finds, and what it shows of them.
_SEARCHES = (
    ("Rooms for less than 60", "/rooms?filter_price__lt=60", (FIRST, FOURTH), View()),
    (
        "The two nearest to a place, and how far they are",
        f"/rooms?near=-0.12,51.5&sort={DISTANCE}&limit=2&fields=code,{DISTANCE}",
        (THIRD, FIRST),
        View(("code", DISTANCE), Near(-0.12, 51.5)),
    ),
    (
        "Rooms in a box, with their number on all pages",
        "/rooms?bbox=0.1,51.4,0.3,51.8&count=exact",
        (SECOND, THIRD),
        View(),
    ),
    ("The cheapest, two a page", _FIRST_PAGE, (FIRST, FOURTH), View()),
    ("The next page, to which the Link of the first leads", _NEXT_PAGE, (THIRD, SECOND), View()),
)


def _searches(form: Format) -> Iterator[Example]:
    """Give all searches in the default format, one in another."""
    for summary, target, rooms, view in _SEARCHES if form.media_type == JSON else _SEARCHES[:1]:
        body = b"".join(form.stream_rooms(rooms, view))
        yield Example(f"{summary} (`{form.name}`)", _in_format(target, form), body)


def _room(form: Format) -> Example:
    target = _in_format(f"/rooms/{FIRST.code}", form)
    return Example(f"A room (`{form.name}`)", target, form.dump_room(FIRST, View()))


def _in_format(target: str, form: Format) -> str:
    """Name the format in a request, where it is not the default."""
    separator = "&" if "?" in target else "?"
    return target if form.media_type == JSON else f"{target}{separator}{FORMAT}={form.name}"


ROOMS: Examples = {each.media_type: tuple(_searches(each)) for each in FORMATS.values()}
ROOM: Examples = {each.media_type: (_room(each),) for each in FORMATS.values()}

_BOOK = (FIRST, SECOND, THIRD, FOURTH)
_AMOUNTS = {name: [getattr(room, name) for room in _BOOK] for name in AMOUNTS}
SUMMARY: Examples = {
    JSON: (Example("All rooms", "/rooms/summary", dump_summary(summarize(_BOOK, _AMOUNTS))),)
}

_EPOCH = UUID("7ee0bd47-1b4b-4b26-9d4c-0f9b1d2c3a5e")
_MADE_AT = datetime(2026, 5, 4, 9, 30, 15, 250_000, UTC)
# One of another database than whichever answers.
FOREIGN = write_changes_cursor(ChangePosition(_EPOCH, 744, len(_BOOK), _MADE_AT))
_ADDED = [RoomChange(ChangeKind.ADDED, _MADE_AT, room.code, room) for room in _BOOK]
# Cursors and moments are each service's own.
CHANGES: Examples = {
    JSON: (
        Example(
            "Where a copy of all rooms begins",
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
