"""The table of the formats of rooms."""

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath
from typing import TextIO

from rentomatic.domain.room import Room
from rentomatic.formats import csv, geojson, json, ndjson
from rentomatic.formats.foreign import ARRAY_CONVERSION, problem_of_name, problem_of_text
from rentomatic.formats.pieces import cut_lines, cut_pieces
from rentomatic.formats.view import View
from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.parsers import shown
from rentomatic.requests.room_import import ImportOptions, RoomImportRequest

# A file's format is guessed from this many characters.
GUESSED_CHARACTERS = 1 << 16

_ANY_JSON = ".json"
_COLLECTION = re.compile(r'\A\s*\{\s*"features"\s*:\s*\[|"type"\s*:\s*"FeatureCollection"')
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Format:
    """A format in which rooms are written.

    Attributes:
        name: as the parameter `format` spells it.
        media_type: as `Accept` and `Content-Type` spell it.
        help: what it is.
        dump_room: writes one room.
        stream_rooms: writes rooms, piece by piece.
    """

    name: str
    media_type: str
    help: str
    dump_room: Callable[[Room, View], bytes]
    stream_rooms: Callable[[Iterable[Room], View], Generator[bytes, None, None]]


@dataclass(frozen=True, slots=True)
class ImportFormat(Format):
    """A format in which rooms are read, too.

    Attributes:
        suffixes: how the names of its files end.
        cut: cuts a file into lines or pieces that take the same memory whatever is in it.
        read_rooms: finds the rooms in a file's text without a byte order mark.
    """

    suffixes: tuple[str, ...]
    cut: Callable[[TextIO], Iterator[str]]
    read_rooms: Callable[[Iterable[str], ImportOptions], RoomImportRequest | InvalidRequest]

    def read(
        self, text: Iterable[str], options: ImportOptions
    ) -> RoomImportRequest | InvalidRequest:
        """Begin to read a file and find the room's fields.

        Args:
            text: the file's text with its line breaks, as `cut` returns it; it is read as the
                request's lines are.
            options: how to read it.
        """
        text = iter(text)
        start = next(text, "")
        if problem := problem_of_text(start):
            return InvalidRequest((ParameterError("file", problem),))
        return self.read_rooms(chain([start.removeprefix(_BYTE_ORDER_MARK)], text), options)


# The first one is the default.
FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("json", json.MEDIA_TYPE, "an array of objects", json.dump_room, json.stream_rooms),
        ImportFormat(
            "geojson",
            geojson.MEDIA_TYPE,
            "a FeatureCollection of Points",
            geojson.dump_room,
            geojson.stream_rooms,
            (".geojson",),
            cut_pieces,
            geojson.read_rooms,
        ),
        ImportFormat(
            "csv",
            csv.MEDIA_TYPE,
            "a table with a header",
            csv.dump_room,
            csv.stream_rooms,
            (".csv", ".tsv"),
            cut_lines,
            csv.read_rooms,
        ),
        ImportFormat(
            "ndjson",
            ndjson.MEDIA_TYPE,
            "one object per line",
            ndjson.dump_room,
            ndjson.stream_rooms,
            (".ndjson", ".jsonl"),
            cut_lines,
            ndjson.read_rooms,
        ),
    )
}

IMPORT_FORMATS: Mapping[str, ImportFormat] = {
    name: each for name, each in FORMATS.items() if isinstance(each, ImportFormat)
}
_NAMES = ", ".join(IMPORT_FORMATS)


def guess_format_by_name(name: str) -> ImportFormat | InvalidRequest | None:
    """Guess a file's format from the end of its name; None if only its text shows it."""
    suffix = PurePath(name).suffix.lower()
    if suffix == _ANY_JSON:
        return None
    for each in IMPORT_FORMATS.values():
        if suffix in each.suffixes:
            return each
    if problem := problem_of_name(name):
        return InvalidRequest((ParameterError("format", problem),))
    known = " ".join(suffix for each in IMPORT_FORMATS.values() for suffix in each.suffixes)
    return InvalidRequest(
        (
            ParameterError(
                "format",
                f"{shown(PurePath(name).name)} does not end in one of {known} {_ANY_JSON}; "
                f"give one of {_NAMES}",
            ),
        )
    )


def guess_format_by_text(start: str) -> ImportFormat | InvalidRequest:
    """Guess a file's format from its first GUESSED_CHARACTERS."""
    start = start.removeprefix(_BYTE_ORDER_MARK)
    first = start.lstrip()[:1]
    if first == "[":
        problem = f"a JSON array is not one of {_NAMES}; convert it: {ARRAY_CONVERSION}"
        return InvalidRequest((ParameterError("format", problem),))
    if first != "{":
        return IMPORT_FORMATS["csv"]
    return IMPORT_FORMATS["geojson" if _COLLECTION.search(start) else "ndjson"]
