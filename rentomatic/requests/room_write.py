"""The requests to add, replace, change and remove a room."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from rentomatic.domain.kinds import Degrees
from rentomatic.domain.room import FIELDS, Room
from rentomatic.requests.base import InvalidRequest, ParameterError, ValidRequest
from rentomatic.requests.parsers import closest, shown, shown_name, swap_hint
from rentomatic.requests.room_fields import Value, parser_of
from rentomatic.requests.room_get import build_room_get_request

# Returns whether a stored room is the one that the client has seen; None in a request for any.
IsExpected = Callable[[Room], bool]

CODE = "code"
# At most this many unknown fields are reported by name.
_NAMED = 20

# UUIDs and dates.
_TEXT_PARSERS = {
    name: parser_of(field.kind)
    for name, field in FIELDS.items()
    if field.kind.type not in {int, float, str}
}

Values = Mapping[str, object]
Errors = Sequence[ParameterError]


def any_room(_room: Room) -> bool:
    """Expect any room."""
    return True


@dataclass(frozen=True, slots=True)
class RoomAddRequest(ValidRequest):
    """Add this room, whose code must be new."""

    room: Room


@dataclass(frozen=True, slots=True)
class RoomReplaceRequest(ValidRequest):
    """Replace the room with this room's code, or add this room.

    Attributes:
        is_expected: a condition on the stored room; None for any or none.
        only_add: whether there must not be a stored room.
    """

    room: Room
    is_expected: IsExpected | None = None
    only_add: bool = False


@dataclass(frozen=True, slots=True)
class RoomUpdateRequest(ValidRequest):
    """Change some fields of a room."""

    code: UUID
    values: Mapping[str, Value]
    is_expected: IsExpected | None = None


@dataclass(frozen=True, slots=True)
class RoomRemoveRequest(ValidRequest):
    """Remove a room."""

    code: UUID
    is_expected: IsExpected | None = None


def build_room_add_request(
    values: Values, unreadable: Errors = ()
) -> RoomAddRequest | InvalidRequest:
    """Read a room to add; without a code, it gets a new one.

    `unreadable` are the errors of values that could not be read.
    """
    room = _read_room({CODE: uuid4()} | dict(values), unreadable)
    return RoomAddRequest(room) if isinstance(room, Room) else room


def build_room_replace_request(
    code: UUID, values: Values, is_expected: IsExpected | None = None, *, only_add: bool = False
) -> RoomReplaceRequest | InvalidRequest:
    """Read the new room with a code; the values may include that code."""
    room = _read_room({CODE: code} | dict(values))
    if not isinstance(room, Room):
        return room
    if room.code != code:
        return InvalidRequest((ParameterError(CODE, f"must be the code in the path, {code}"),))
    return RoomReplaceRequest(room, is_expected, only_add)


def build_room_update_request(
    code: str | UUID,
    values: Values,
    is_expected: IsExpected | None = None,
    unreadable: Errors = (),
) -> RoomUpdateRequest | InvalidRequest:
    """Read the new values of some fields of a room; see build_room_add_request."""
    wanted = build_room_get_request(code)
    errors = [*(() if wanted else wanted.errors), *unreadable, *_unknown_fields(values)]
    if CODE in values:
        errors.append(ParameterError(CODE, "cannot be changed; leave it out"))
    changed = {name: values[name] for name in FIELDS if name in values and name != CODE}
    errors += _parse_texts(changed)
    errors += _wrong_fields(changed)
    if errors or not wanted:
        return InvalidRequest(tuple(errors))
    return RoomUpdateRequest(wanted.code, _plain(changed), is_expected)


def build_room_remove_request(
    code: str | UUID, is_expected: IsExpected | None = None
) -> RoomRemoveRequest | InvalidRequest:
    """Read which room to remove."""
    wanted = build_room_get_request(code)
    return RoomRemoveRequest(wanted.code, is_expected) if wanted else wanted


def _read_room(values: Values, unreadable: Errors = ()) -> Room | InvalidRequest:
    """Return a room, or all of its errors."""
    errors = [*unreadable, *_unknown_fields(values)]
    # A field that could not be read, or seems to be misspelt, is not reported as missing too.
    reported = {each.parameter for each in errors} | {each.suggestion for each in errors}
    missing = [
        name
        for name, field in FIELDS.items()
        if not field.is_optional and name not in values and name not in reported
    ]
    errors += [ParameterError(name, "is missing") for name in missing]
    given = {name: values[name] for name in FIELDS if name in values}
    errors += _parse_texts(given)
    errors += _wrong_fields(given)
    return InvalidRequest(tuple(errors)) if errors else Room.from_dict(_plain(given))


def _parse_texts(values: dict[str, object]) -> Iterator[ParameterError]:
    """Parse the values that JSON has as text, such as dates; drop what is wrong."""
    for name in [each for each in _TEXT_PARSERS if isinstance(values.get(each), str)]:
        try:
            values[name] = _TEXT_PARSERS[name](str(values[name]))
        except ValueError as problem:
            yield ParameterError(name, str(problem))
            del values[name]


def _wrong_fields(values: Values) -> Iterator[ParameterError]:
    """Yield the errors of some fields of a room."""
    for name, value in values.items():
        if problem := FIELDS[name].problem(value):
            yield ParameterError(name, f"{problem}, not {_spelt(value)}{_hint(name, value)}")


def _hint(name: str, value: object) -> str:
    if isinstance(value, int | float) and isinstance(FIELDS[name].kind, Degrees):
        return swap_hint(value)
    return ""


def _spelt(value: object) -> str:
    """Write a value as JSON, and an object or array by its kind."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return f"the text {shown(value)}" if isinstance(value, str) else json.dumps(value)


def _plain(values: Values) -> dict[str, Any]:
    """Return values as a store returns them."""
    return {
        name: None if value is None else FIELDS[name].kind.normal(value)
        for name, value in values.items()
    }


def _suggest(name: str) -> str | None:
    """Guess which field was meant."""
    degrees = (each for each, field in FIELDS.items() if isinstance(field.kind, Degrees))
    short = (each for each in degrees if name.lower() in FIELDS[each].aliases)
    return next(short, None) or closest(name, FIELDS)


def _unknown_fields(values: Values) -> Iterator[ParameterError]:
    unknown = [name for name in values if name not in FIELDS]
    known = f"is not a field of a room; fields are {', '.join(FIELDS)}"
    for name in unknown[:_NAMED]:
        yield ParameterError(shown_name(name), known, suggestion=_suggest(name))
    if len(unknown) > _NAMED:
        yield ParameterError("body", f"has {len(unknown) - _NAMED} more unknown fields")
