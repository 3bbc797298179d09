"""JSON (RFC 8259): arrays of rooms are written, values are read strictly."""

import json
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

import orjson

from rentomatic.domain.room import Room
from rentomatic.formats.pieces import MAX_CHARACTERS, PIECE_CHARACTERS, TOO_LONG, pieces_of
from rentomatic.formats.view import View
from rentomatic.requests.parsers import shown

MEDIA_TYPE = "application/json"

_SPACE = re.compile(r"[ \t\r\n]*")


def dump_value(value: object) -> bytes:
    """Write a value made of JSON's types, UUIDs, dates and times."""
    return orjson.dumps(value)


def dump_room(room: Room, view: View) -> bytes:
    """Write a room as an object."""
    return orjson.dumps(view.show(room))


def stream_rooms(rooms: Iterable[Room], view: View) -> Generator[bytes, None, None]:
    """Write rooms as a bare array."""
    return stream_items(rooms, lambda piece: [view.show(room) for room in piece], b"[", b"]")


def stream_items(
    rooms: Iterable[Room], show: Callable[[list[Room]], list[Any]], start: bytes, end: bytes
) -> Generator[bytes, None, None]:
    """Write what is shown of rooms, piece by piece, as the items of an array.

    Args:
        rooms: what to write.
        show: returns the items of a piece; a call for each room would make it a tenth slower.
        start: what comes before the items.
        end: what comes after them.
    """
    separator = start
    for piece in pieces_of(rooms):
        yield separator + orjson.dumps(show(piece))[1:-1]
        separator = b","
    yield end if separator == b"," else start + end


class Number(str):
    """A JSON number, as it is spelt; JSON text is a plain `str`."""

    __slots__ = ()


_NAMES = {
    Number: "a number",
    str: "text",
    bool: "true or false",
    type(None): "null",
    list: "an array",
    dict: "an object",
}


def json_name(value: object) -> str:
    """Return the name of a value's kind in JSON."""
    return _NAMES[type(value)]


class NotJsonError(ValueError):
    """Text that is not JSON."""


class JsonDecoder:
    """Decodes JSON, with each number as a `Number`.

    Attributes:
        faults: what is wrong with the value decoded last, although its end was found.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._read_object,
            parse_float=Number,
            parse_int=Number,
            parse_constant=self._read_constant,
        )

    def decode(self, text: str, start: int = 0) -> tuple[object, int]:
        """Decode the value at `start`, where no space may be; return it and its end.

        Raises:
            NotJsonError: there is no value, or it is nested too deeply.
        """
        self.faults.clear()
        try:
            return self._decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            said = f"{error.msg[0].lower()}{error.msg[1:]}".removesuffix(" at")
            raise NotJsonError(f"{said} at character {error.pos - start + 1}") from None
        except RecursionError:
            raise NotJsonError("it is nested too deeply") from None

    def _read_object(self, pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
        read = dict(pairs)
        if len(read) != len(pairs):
            counts = Counter(name for name, _ in pairs)
            twice = next(name for name, count in counts.items() if count > 1)
            self.faults.append(f"has the key {shown(twice)} more than once")
        return read

    def _read_constant(self, name: str) -> str:
        self.faults.append(f"is not JSON, which has no {name}")
        return name


class JsonText:
    """JSON text that arrives in pieces, decoded value by value in constant memory."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._decoder = JsonDecoder()
        self._text = ""
        self._start = self._end = 0

    def peek(self) -> str:
        """Return the next character that is not a space, or nothing at the end."""
        while True:
            if space := _SPACE.match(self._text, self._end):
                self._end = space.end()
            if self._end < len(self._text):
                return self._text[self._end]
            if not self._read_on():
                return ""

    def take(self, wanted: str) -> str:
        """Skip the next character, which must be one of these, and return it."""
        found = self.peek()
        if not found or found not in wanted:
            there = shown(found) if found else "the end of the file"
            raise NotJsonError(f"expected {' or '.join(wanted)} but found {there}")
        self._end += 1
        return found

    def read(self) -> object:
        """Decode the next value."""
        self.peek()
        while True:
            self._start = self._end
            try:
                value, end = self._decoder.decode(self._text, self._start)
            except NotJsonError as error:
                # The value may continue in the next piece; so may a number that ends this one.
                if len(self._text) - self._start > MAX_CHARACTERS:
                    raise NotJsonError(f"{error}, or it {TOO_LONG}") from None
                if not self._read_on():
                    raise
                continue
            if end == len(self._text) and self._read_on():
                continue
            if end - self._start > MAX_CHARACTERS:
                raise NotJsonError(f"it {TOO_LONG}")
            self._end = end
            return value

    def text(self) -> str:
        """Return the text of the value that was read last."""
        return self._text[self._start : self._end]

    def faults(self) -> tuple[str, ...]:
        """Return what is wrong with the value that was read last, although its end was found."""
        return tuple(self._decoder.faults)

    def _read_on(self) -> bool:
        """Double the text, so that a long value is not decoded again with each piece."""
        rest = self._text[self._end :]
        wanted, pieces = max(len(rest), PIECE_CHARACTERS), []
        while wanted > 0 and (piece := next(self._pieces, None)) is not None:
            pieces.append(piece)
            wanted -= len(piece)
        if not pieces:
            return False
        self._text = rest + "".join(pieces)
        self._start = self._end = 0
        return True
