"""CSV files to import (RFC 4180, or with `;` or tabs)."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.room_import_options import ImportOptions
from rentomatic.requests.room_import_record import (
    MAX_CHARACTERS,
    BadLine,
    Columns,
    Line,
    RoomLines,
    option_errors,
)

DELIMITERS = ",;\t"

_TOO_LONG = f"is longer than {MAX_CHARACTERS} characters"


def read_csv(text: Iterable[str], options: ImportOptions) -> RoomLines | InvalidRequest:
    """Read the header and find the room's fields."""
    text = iter(text)
    first = next(text, "")
    if len(first) > MAX_CHARACTERS:
        return InvalidRequest((ParameterError("file", f"has a header that {_TOO_LONG}"),))
    delimiter = max(DELIMITERS, key=first.count)
    try:
        header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    except csv.Error as error:
        return InvalidRequest((ParameterError("file", f"has a header that is not CSV: {error}"),))
    if not header:
        begins = "begins with a blank line" if first else "is empty"
        return InvalidRequest((ParameterError("file", f"{begins}; it must begin with a header"),))
    if "\0" in first:
        return InvalidRequest((ParameterError("file", "is no text in UTF-8; save it as that"),))
    columns = Columns(header, options)
    if errors := (*columns.errors, *option_errors(options)):
        return InvalidRequest(errors)
    return RoomLines(_read_lines(text, len(header), delimiter, columns), header, delimiter)


def _read_lines(
    text: Iterator[str], width: int, delimiter: str, columns: Columns
) -> Iterator[Line]:
    reader = csv.reader(_short(text), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 2
        record: Sequence[str] = ()
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"is not CSV, so what follows cannot be read: {error}"
            yield BadLine(number, (problem,), record, is_last=True)
            return
        if not any(record):  # a blank line, or an empty row of a spreadsheet
            continue
        if len(record) != width:
            problem = f"must have {width} values, not {len(record)}"
            yield BadLine(number, (problem,), record)
            continue
        yield columns.line(number, record, record)


def _short(text: Iterator[str]) -> Iterator[str]:
    for line in text:
        if len(line) > MAX_CHARACTERS:
            msg = f"it {_TOO_LONG}"
            raise csv.Error(msg)
        yield line
