"""NDJSON: a JSON object on each line, for programs that read line by line."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace

import orjson

from rentomatic.domain.room import Room
from rentomatic.formats.columns import Columns, remembered
from rentomatic.formats.foreign import problem_of_json
from rentomatic.formats.json import JsonDecoder, NotJsonError
from rentomatic.formats.pieces import MAX_CHARACTERS, TOO_LONG, pieces_of
from rentomatic.formats.sources import json_option_errors
from rentomatic.formats.view import View
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.parsers import is_utf8
from rentomatic.requests.room_import import (
    BadLine,
    Ignored,
    ImportOptions,
    Line,
    RoomImportRequest,
    Used,
)

MEDIA_TYPE = "application/x-ndjson"

_BLANKS = " \t\r\n"


def dump_room(room: Room, view: View) -> bytes:
    """Write a room as a line."""
    return b"".join(stream_rooms([room], view))


def stream_rooms(rooms: Iterable[Room], view: View) -> Generator[bytes, None, None]:
    """Write rooms, each as a line."""
    for piece in pieces_of(rooms):
        shown = map(view.show, piece)
        yield b"".join([orjson.dumps(each, None, orjson.OPT_APPEND_NEWLINE) for each in shown])


def read_rooms(text: Iterable[str], options: ImportOptions) -> RoomImportRequest | InvalidRequest:
    """Read objects with the room's fields among their keys; blank lines are skipped."""
    if errors := tuple(json_option_errors(options)):
        return InvalidRequest(errors)
    request = RoomImportRequest(iter(()), options, Ignored("key"), Used(), "ndjson")
    return replace(request, lines=_read_lines(text, options, request))


def _read_lines(
    text: Iterable[str], options: ImportOptions, request: RoomImportRequest
) -> Iterator[Line]:
    decoder = JsonDecoder()

    @remembered
    def columns_of(keys: tuple[str, ...]) -> Columns:
        columns = Columns(keys, options, "key")
        request.ignored.add(columns.ignored)
        request.used.add(columns.used)
        return columns

    is_first = True
    for number, raw in enumerate(text, 1):
        line = raw.strip(_BLANKS)
        if is_first and (foreign := problem_of_json(line)):
            yield BadLine(0, (foreign,), (), is_last=True)
            return
        if len(raw) > MAX_CHARACTERS:
            problem = f"{TOO_LONG}; a line must be one object"
            yield BadLine(number, (problem,), (), is_last=True)
            return
        if not line or line.isspace():
            continue
        is_first = False
        read = _decode(decoder, line)
        if isinstance(read, str):
            yield BadLine(number, (read,), (line,))
        else:
            yield columns_of(tuple(read)).line(number, tuple(read.values()), (line,))


def _decode(decoder: JsonDecoder, line: str) -> dict[str, object] | str:
    """Return a line's object, or what is wrong with it."""
    if not is_utf8(line):
        return "is not UTF-8 text"
    try:
        value, end = decoder.decode(line)
    except NotJsonError as error:
        return f"is not JSON: {error}"
    if decoder.faults:
        return "; ".join(decoder.faults)
    if end < len(line) or not isinstance(value, dict):
        return "must be one JSON object, and nothing else"
    return value
