"""The request to import rooms from a file."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import chain
from pathlib import PurePath
from typing import TextIO

from rentomatic.requests.base import InvalidRequest, ParameterError, ValidRequest
from rentomatic.requests.parsers import shown
from rentomatic.requests.room_import_csv import read_csv
from rentomatic.requests.room_import_foreign import (
    ARRAY_CONVERSION,
    problem_of_name,
    problem_of_text,
)
from rentomatic.requests.room_import_geojson import read_geojson
from rentomatic.requests.room_import_header import Ignored
from rentomatic.requests.room_import_ndjson import read_ndjson
from rentomatic.requests.room_import_options import ImportOptions
from rentomatic.requests.room_import_record import (
    MAX_CHARACTERS,
    Line,
    RoomLines,
)

# One more, so that a line that is too long is seen to be.
LINE_CHARACTERS = MAX_CHARACTERS + 1
_PIECE_CHARACTERS = 1 << 16


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """A format that can be imported.

    Attributes:
        name: as the parameter `format` spells it.
        suffixes: how the names of its files end.
        read: finds the rooms in a file's text, which comes in lines.
        cut: cuts a file into lines, or pieces, that take the same memory whatever stands in it.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Iterable[str], ImportOptions], RoomLines | InvalidRequest]
    cut: Callable[[TextIO], Iterator[str]]


def _lines(file: TextIO) -> Iterator[str]:
    return iter(partial(file.readline, LINE_CHARACTERS), "")


def _pieces(file: TextIO) -> Iterator[str]:
    return iter(partial(file.read, _PIECE_CHARACTERS), "")


IMPORT_FORMATS: Mapping[str, ImportFormat] = {
    each.name: each
    for each in (
        ImportFormat("csv", (".csv", ".tsv"), read_csv, _lines),
        ImportFormat("ndjson", (".ndjson", ".jsonl"), read_ndjson, _lines),
        ImportFormat("geojson", (".geojson",), read_geojson, _pieces),
    )
}

# How long a batch may be that is sent, by default.
MAX_BATCH_BYTES = 64 << 20

# Of this many characters a file's format is guessed.
GUESSED_CHARACTERS = 1 << 16

_ANY_JSON = ".json"
_COLLECTION = re.compile(r'\A\s*\{\s*"features"\s*:\s*\[|"type"\s*:\s*"FeatureCollection"')
_MARK = "\ufeff"  # that a file is UTF-8
_NAMES = ", ".join(IMPORT_FORMATS)


class OnError(StrEnum):
    """What a bad line does to the good ones."""

    STOP = "stop"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class RoomImportRequest(ValidRequest):
    """Rooms to add or replace.

    Attributes:
        lines: what the file's lines are, read as they are asked for.
        format: the file's format.
        header: the names of a CSV file's columns.
        delimiter: what stands between them.
        ignored: which columns or keys are not used, as far as the lines are read.
        skip_bad: import the good lines although there are bad ones.
        dry_run: only tell what would happen.
    """

    lines: Iterator[Line]
    format: str = "csv"
    header: Sequence[str] = ()
    delimiter: str = ","
    ignored: Ignored = field(default_factory=Ignored)
    skip_bad: bool = False
    dry_run: bool = False


def build_room_import_request(
    text: Iterable[str],
    options: ImportOptions,
    *,
    format: str = "csv",  # noqa: A002 - as it is called everywhere
    skip_bad: bool = False,
    dry_run: bool = False,
) -> RoomImportRequest | InvalidRequest:
    """Begin to read a file and find the room's fields.

    Args:
        text: the file's text with its ends of lines, as the format's `cut` gives it; it is read as
            the request's `lines` are.
        options: how to read them.
        format: a name of IMPORT_FORMATS.
        skip_bad: see RoomImportRequest.
        dry_run: see RoomImportRequest.
    """
    if format not in IMPORT_FORMATS:
        return InvalidRequest((ParameterError("format", f"must be one of {_NAMES}"),))
    text = iter(text)
    start = next(text, "")
    if problem := problem_of_text(start):
        return InvalidRequest((ParameterError("file", problem),))
    whole = chain([start.removeprefix(_MARK)], text)
    read = IMPORT_FORMATS[format].read(whole, options)
    if isinstance(read, InvalidRequest):
        return read
    return RoomImportRequest(
        read.lines, format, read.header, read.delimiter, read.ignored, skip_bad, dry_run
    )


def guess_format_by_name(name: str) -> str | InvalidRequest | None:
    """Tell a file's format by how its name ends; None if its text must tell."""
    suffix = PurePath(name).suffix.lower()
    if suffix == _ANY_JSON:
        return None
    for each in IMPORT_FORMATS.values():
        if suffix in each.suffixes:
            return each.name
    if problem := problem_of_name(name):
        return InvalidRequest((ParameterError("format", problem),))
    known = " ".join(suffix for each in IMPORT_FORMATS.values() for suffix in each.suffixes)
    return InvalidRequest(
        (
            ParameterError(
                "format",
                f"{shown(PurePath(name).name)} does not tell it, as {known} {_ANY_JSON} would; "
                f"give one of {_NAMES}",
            ),
        )
    )


def guess_format_by_text(start: str) -> str | InvalidRequest:
    """Tell a file's format by its first GUESSED_CHARACTERS."""
    start = start.removeprefix(_MARK)
    first = start.lstrip()[:1]
    if first == "[":
        problem = f"an array of JSON is none of {_NAMES}; convert it: {ARRAY_CONVERSION}"
        return InvalidRequest((ParameterError("format", problem),))
    if first != "{":
        return "csv"
    return "geojson" if _COLLECTION.search(start) else "ndjson"
