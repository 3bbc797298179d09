"""CSV with a header (RFC 4180); read with other delimiters than the comma, too."""

import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from rentomatic.domain.room import Room
from rentomatic.formats.columns import Columns
from rentomatic.formats.pieces import MAX_CHARACTERS, TOO_LONG, pieces_of
from rentomatic.formats.sources import option_errors
from rentomatic.formats.view import View
from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.room_import import (
    BadLine,
    Ignored,
    ImportOptions,
    Line,
    RoomImportRequest,
    Used,
)

MEDIA_TYPE = "text/csv"

# The delimiters that are recognized in a header.
DELIMITERS = ",;\t"

# The most that a spreadsheet has; without a limit they would take memory.
MAX_COLUMNS = 16_384

# What a row without values consists of, before the delimiter is known.
_NOTHING = f' \r\n"{DELIMITERS}'
# Excel's own first line, which names the delimiter. It may be a space: without possessive
# quantifiers the time would grow with the square of the line's length.
_EXCEL = re.compile(r'"?sep=(.)"?\1*+\s*+', re.IGNORECASE)

# The csv module has one limit for all readers, below ours; _Lines keeps ours.
csv.field_size_limit(MAX_CHARACTERS)


def dump_room(room: Room, view: View) -> bytes:
    """Write a room as a table of one line."""
    return b"".join(stream_rooms([room], view))


def stream_rooms(rooms: Iterable[Room], view: View) -> Generator[bytes, None, None]:
    """Write rooms as a table."""
    yield _table([view.fields])
    blank: dict[str, object] = dict.fromkeys(view.fields)
    for piece in pieces_of(rooms):
        yield _table([(blank | view.show(room)).values() for room in piece])


def _table(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


class _BadHeaderError(ValueError):
    """Says what is wrong with the beginning of a file."""


@dataclass(frozen=True, slots=True)
class _Head:
    """A header as it is read with a delimiter; `lines` is how many lines it takes."""

    names: Sequence[str]
    columns: Columns
    delimiter: str
    lines: int


def read_rooms(text: Iterable[str], options: ImportOptions) -> RoomImportRequest | InvalidRequest:
    """Read the header and find the room's fields.

    Blank lines before the header are skipped, and so is Excel's `sep=;`, which names the delimiter.
    Without it and without the option, the delimiter is the one of DELIMITERS with which most of the
    room's fields are found, or else most columns.
    """
    if errors := tuple(_delimiter_errors(options.delimiter)):
        return InvalidRequest(errors)
    text = iter(text)
    try:
        number, first, delimiter = _find_header(text)
        lines = [first]
        head = _read_head(lines, text, options, options.delimiter or delimiter)
    except _BadHeaderError as problem:
        return InvalidRequest((ParameterError("file", str(problem)),))
    columns = head.columns
    if errors := (*columns.errors, *columns.unknown_errors, *option_errors(options)):
        return InvalidRequest((*errors, *_lone_column_errors(head, options)))
    rest = chain(lines[head.lines :], text)
    rooms = _read_lines(rest, number + head.lines, head)
    ignored = Ignored()
    ignored.add(columns.ignored)
    used = Used()
    used.add(columns.used)
    return RoomImportRequest(rooms, options, ignored, used, "csv", head.names, head.delimiter)


def _delimiter_errors(delimiter: str | None) -> Iterator[ParameterError]:
    if delimiter is not None and not _is_delimiter(delimiter):
        problem = "must be one character, and not a letter, a digit, a quote or the end of a line"
        yield ParameterError("delimiter", problem)


def _is_delimiter(text: str) -> bool:
    return len(text) == 1 and not text.isalnum() and text not in '"\r\n\0'


def _lone_column_errors(head: _Head, options: ImportOptions) -> Iterator[ParameterError]:
    if len(head.names) == 1 and head.delimiter in DELIMITERS and not options.delimiter:
        advice = "; give --delimiter if another character does" if options.advises else ""
        problem = f"no comma, semicolon or tab separates the names in the header{advice}"
        yield ParameterError("delimiter", problem)


def _find_header(text: Iterator[str]) -> tuple[int, str, str | None]:
    """Return the number and the text of the header's first line, and Excel's delimiter."""
    delimiter = None
    for number in count(1):
        if not (line := next(text, "")):
            raise _BadHeaderError("is empty; it must begin with a header")
        if len(line) > MAX_CHARACTERS:
            raise _BadHeaderError(f"has a header that {TOO_LONG}")
        if "\0" in line:
            raise _BadHeaderError("is not UTF-8 text; save it as UTF-8")
        is_blank = not line.strip(_NOTHING)
        if number == 1 and not is_blank and not line.endswith(("\n", "\r")):
            raise _BadHeaderError(
                "has no line break, so all of it is a header; curl keeps line breaks with "
                "--data-binary, not with -d"
            )
        excel = _EXCEL.fullmatch(line)
        if excel and delimiter is None and _is_delimiter(excel[1]):
            delimiter = excel[1]
        elif not is_blank:
            return number, line, delimiter
    raise AssertionError


def _read_head(
    lines: list[str], text: Iterator[str], options: ImportOptions, delimiter: str | None
) -> _Head:
    """Read the header, whose first line is in `lines`; other lines that are read are added."""
    heads: list[_Head] = []
    problems: list[csv.Error] = []
    for each in delimiter or sorted(DELIMITERS, key=lines[0].count, reverse=True):
        reader = csv.reader(_kept(lines, text), delimiter=each, strict=True)
        try:
            names = _names(next(reader))
        except csv.Error as error:
            problems.append(error)
        else:
            columns = Columns(names, replace(options, delimiter=each))
            heads.append(_Head(names, columns, each, reader.line_num))
    best = min(heads, key=_faults_of, default=None)
    if best is None or (problems and len(best.names) == 1):
        raise _BadHeaderError(f"has a header that is not CSV: {problems[0]}")
    return best


def _names(row: Sequence[str]) -> list[str]:
    if len(row) > MAX_COLUMNS:
        raise csv.Error(f"it has more than {MAX_COLUMNS} columns")
    return [" ".join(name.split()) or f"Unnamed: {index}" for index, name in enumerate(row)]


def _faults_of(head: _Head) -> tuple[int, int]:
    """Order headers: fewer fields that are not found, then more columns."""
    return len(head.columns.errors), -len(head.names)


def _kept(lines: list[str], text: Iterator[str]) -> Iterator[str]:
    """Yield the lines, then further lines of the text, which are added to them."""
    missing = MAX_CHARACTERS
    for number in count():
        if number == len(lines):
            if missing < 0 or not (line := next(text, "")):
                return
            lines.append(line)
        missing -= len(lines[number])
        yield lines[number]


class _Lines:
    """The lines of a file; a record may have MAX_CHARACTERS."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self.characters = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.characters += len(line)
            if self.characters > MAX_CHARACTERS:
                raise csv.Error(f"it {TOO_LONG}")
            yield line


def _read_lines(text: Iterator[str], first: int, head: _Head) -> Iterator[Line]:
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=head.delimiter, strict=True)
    width = len(head.names)
    while True:
        number = reader.line_num + first
        lines.characters = 0
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"is not CSV, so what follows cannot be read: {error}"
            yield BadLine(number, (problem,), (), is_last=True)
            return
        if not any(map(str.strip, record)):  # a blank line, or an empty row of a spreadsheet
            continue
        if len(record) != width:
            yield BadLine(number, (f"must have {width} values, not {len(record)}",), record)
            continue
        yield head.columns.line(number, record, record)
