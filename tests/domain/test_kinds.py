"""What values the optional fields of a room may have."""

from datetime import date, datetime

import pytest

from rentomatic.domain.kinds import MAX_ADDRESS, PICTURES
from rentomatic.domain.room import FIELDS, Room

LONG = "x" * 5_001
TEXT = "must be text of at most"
CONTROL = "must be text without control characters"
WITHOUT = 'without spaces, a user name or any of <>"`\\'
PAGE = f"must be an address that begins with https:// or http://, {WITHOUT}"
PICTURE = f"must be an address that begins with https://, {WITHOUT}, or one of the paths /assets/"
NUMBER = "must be an integer from 0 to 99"
DATE = "must be a date such as"

WRONG = [
    ("title", "a\x00b", CONTROL),
    ("title", "line\nbreak", CONTROL),
    ("title", "\x1b[31mred", CONTROL),
    ("title", "\x85", CONTROL),
    ("title", "\ud800", "must be text in Unicode, without lone surrogates"),
    ("title", LONG[:201], f"{TEXT} 200 characters"),
    ("title", 7, f"{TEXT} 200 characters"),
    ("title", ["a"], f"{TEXT} 200 characters"),
    ("description", "a\x07b", f"{CONTROL} other than line breaks and tabs"),
    ("description", LONG, f"{TEXT} 5000 characters"),
    ("city", LONG[:101], f"{TEXT} 100 characters"),
    ("reference", LONG[:101], f"{TEXT} 100 characters"),
    ("url", "javascript:alert(1)", PAGE),
    ("url", "//example.com/", PAGE),
    ("url", "/rooms", PAGE),
    ("url", "https://", PAGE),
    ("url", "https:///path", PAGE),
    ("url", "https://[::1]/", PAGE),
    ("url", "https://example.com:65536", PAGE),
    ("url", "https://[79f1dc.0d]/", PAGE),
    ("url", "https://example\u2100com/", PAGE),
    ("url", "https://example.com\uff20evil.example/", PAGE),
    ("url", "https://user:secret@example.com/", PAGE),
    ("url", "https://example.com/a b", PAGE),
    ("url", 'https://example.com/"><script>', PAGE),
    ("url", "https://example.com/\ud800", PAGE),
    ("url", "ftp://example.com/", PAGE),
    ("url", 7, PAGE),
    ("url", f"https://example.com/{'x' * MAX_ADDRESS}", f"at most {MAX_ADDRESS} characters"),
    ("image", "http://example.com/a.png", PICTURE),
    ("image", "data:image/png;base64,AAAA", PICTURE),
    ("image", "/assets/../secret", PICTURE),
    ("image", "/rooms/a.png", PICTURE),
    ("image", "/assets/", PICTURE),
    ("bedrooms", 2.5, NUMBER),
    ("bedrooms", True, NUMBER),
    ("bedrooms", -1, NUMBER),
    ("bedrooms", 100, NUMBER),
    ("available_from", "2026-09-01", DATE),
    ("available_from", datetime(2026, 9, 1), DATE),  # noqa: DTZ001 - no date at all
]
RIGHT = [
    ("title", "\U0001d4b5ürich =1+1 \u200d <b>", None),
    ("title", "x" * 200, None),
    ("title", "  Cafe\u0301\u3000", "Café"),
    ("title", " \xa0", None),
    ("title", "", None),
    ("description", "one\r\ntwo\rthree\tfour\n", "one\ntwo\nthree\tfour"),
    ("url", "http://localhost:8000", None),
    ("url", "http://localhost:65535", None),
    ("url", "https://192.0.2.1/é?a=b,c#d|{}", None),
    ("url", " https://example.com ", "https://example.com"),
    ("image", "https://example.com/a.png", None),
    ("image", "/assets/loft.svg", None),
    ("bedrooms", 0, None),
    ("bedrooms", 99, None),
    ("available_from", date.min, None),
]


@pytest.mark.parametrize(("name", "value", "problem"), WRONG)
def test_an_invalid_value_is_explained(name: str, value: object, problem: str) -> None:
    """The message says what would be right."""
    said = FIELDS[name].problem(value)
    assert said
    assert problem in said


@pytest.mark.parametrize("name", ["nosuch.svg", "loft", "loftxsvg", "Loft.svg", "loft.svg?x"])
def test_a_picture_is_one_that_the_service_ships(name: str) -> None:
    """The message lists all of them."""
    said = FIELDS["image"].problem(f"/assets/{name}")
    assert said
    assert said.endswith(", ".join(f"/assets/{each}" for each in PICTURES))


@pytest.mark.parametrize(("name", "value", "normal"), RIGHT)
def test_a_room_has_the_normal_form_of_text(
    name: str, value: object, normal: str | None, rooms: list[Room]
) -> None:
    """In NFC and trimmed; what is empty is missing."""
    assert FIELDS[name].problem(value) is None
    room = Room.from_dict(rooms[0].to_dict() | {name: value})
    is_blank = isinstance(value, str) and not value.strip()
    assert getattr(room, name) == (None if is_blank else normal or value)
