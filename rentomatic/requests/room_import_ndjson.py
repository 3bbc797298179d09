"""NDJSON files to import: an object a line."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.parsers import is_utf8
from rentomatic.requests.room_import_foreign import problem_of_json
from rentomatic.requests.room_import_header import Ignored
from rentomatic.requests.room_import_json import JsonDecoder, NotJsonError
from rentomatic.requests.room_import_options import ImportOptions
from rentomatic.requests.room_import_record import (
    MAX_CHARACTERS,
    BadLine,
    Columns,
    Line,
    RoomLines,
)
from rentomatic.requests.room_import_source import json_option_errors

_BLANKS = " \t\r\n"
# Each may be as long as a line.
_KNOWN_KEYS = 16


def read_ndjson(text: Iterable[str], options: ImportOptions) -> RoomLines | InvalidRequest:
    """Read objects with the room's fields among their keys; blank lines are passed over."""
    if errors := tuple(json_option_errors(options)):
        return InvalidRequest(errors)
    ignored = Ignored("key")
    return RoomLines(_read_lines(text, options, ignored), ignored=ignored)


def _read_lines(text: Iterable[str], options: ImportOptions, ignored: Ignored) -> Iterator[Line]:
    decoder = JsonDecoder()

    @lru_cache(_KNOWN_KEYS)
    def columns_of(keys: tuple[str, ...]) -> Columns:
        columns = Columns(keys, options, "key")
        ignored.add(columns.ignored)
        return columns

    is_first = True
    for number, raw in enumerate(text, 1):
        line = raw.strip(_BLANKS)
        if is_first and (foreign := problem_of_json(line)):
            yield BadLine(0, (foreign,), (), is_last=True)
            return
        if len(raw) > MAX_CHARACTERS:
            problem = f"is longer than {MAX_CHARACTERS} characters; a line must be one object"
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
    """Give a line's object, or what is wrong with it."""
    if not is_utf8(line):
        return "is no text in UTF-8"
    try:
        value, end = decoder.decode(line)
    except NotJsonError as error:
        return f"is not JSON: {error}"
    if decoder.faults:
        return "; ".join(decoder.faults)
    if end < len(line) or not isinstance(value, dict):
        return "must be one JSON object, and nothing else"
    return value
