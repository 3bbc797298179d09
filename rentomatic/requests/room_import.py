"""The request to import rooms from a file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from rentomatic.domain.room import FIELDS, Room
from rentomatic.requests.base import ValidRequest
from rentomatic.requests.parsers import shown_name

# The default limit of a batch sent over HTTP.
MAX_BATCH_BYTES = 64 << 20

# How many names of one field are listed; objects of one file may differ.
MAX_NAMES = 20
# How many unused names are listed.
MAX_IGNORED = 200


class OnError(StrEnum):
    """What a bad line does to the good ones."""

    STOP = "stop"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is imported.

    Attributes:
        columns: the file's column or key, by field, where its name does not say which field it is.
        ignored: names of columns or keys that are not used, and of optional fields to leave out.
        defaults: the value, by field, where the file has no such column, an object no such key, or
            they have no value.
        null_texts: what stands for no value, besides empty text and null.
        source: the name under which identities that are not UUIDs become one (RFC 9562, version 5).
        delimiter: what divides the values of a CSV file, where its header does not show it.
        decimal: the decimal sign of text, a point or a comma; the other one is the separator of
            thousands. Without it both are read as with a point, unless that could be wrong.
        round_integers: read 34.5 as 35 where an integer is expected; else it is a bad line.
        advises: whether errors name the options of `rentomatic import` that would help.
        skip_bad: import the good lines although there are bad ones.
        dry_run: only report what would happen.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    ignored: Sequence[str] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    null_texts: Sequence[str] = ()
    source: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    round_integers: bool = False
    advises: bool = True
    skip_bad: bool = False
    dry_run: bool = False


class RoomLine(NamedTuple):
    """A line that makes a room.

    Attributes:
        former_code: the code under which an earlier release may have stored the room.
    """

    number: int
    room: Room
    record: Sequence[str] = ()
    unit: str = "line"
    former_code: UUID | None = None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that makes no room.

    Attributes:
        number: the line at which the record begins, from 1; of a GeoJSON file, which feature;
            0 for what is wrong with the file itself.
        problems: what is wrong, each beginning with the column's name.
        record: its values, as they were read; of JSON, its text.
        is_last: whether what follows cannot be read either, so that nothing may be imported.
        unit: what the number counts.
    """

    number: int
    problems: tuple[str, ...]
    record: Sequence[str]
    is_last: bool = False
    unit: str = "line"

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.unit} {self.number}" if self.number else "file"

    @property
    def reason(self) -> str:
        """All that is wrong, in one line."""
        return "; ".join(self.problems)

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


Line = RoomLine | BadLine


class Ignored:
    """The names in a file that are not used, in their order, at most MAX_IGNORED of them."""

    def __init__(self, noun: str = "column") -> None:
        self._noun = noun
        self._names: dict[str, None] = {}
        self._is_whole = True

    @property
    def names(self) -> list[str]:
        """The names, fit to be shown; the last one is … where there are more."""
        return [*self._names, *([] if self._is_whole else ["…"])]

    def add(self, names: Iterable[str]) -> None:
        """Take names, some of which may be known already."""
        for name in map(shown_name, names):
            if len(self._names) == MAX_IGNORED and name not in self._names:
                self._is_whole = False
                return
            self._names[name] = None

    def __str__(self) -> str:
        return f"ignored {self._noun}s: {', '.join(self.names)}" if self._names else ""


class Used:
    """The names in a file that are used, by field, at most MAX_NAMES of a field."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, None]] = {}

    @property
    def names(self) -> dict[str, list[str]]:
        """The names of each field that the file has, safe to show."""
        return {own: [*self._names[own]] for own in FIELDS if own in self._names}

    def add(self, names: Mapping[str, str]) -> None:
        """Add a name for each of these fields."""
        for own, name in names.items():
            known = self._names.setdefault(own, {})
            if len(known) < MAX_NAMES:
                known[shown_name(name)] = None

    def __str__(self) -> str:
        named = (
            own if names == [own] else f"{own} from {' and '.join(names)}"
            for own, names in self.names.items()
        )
        return f"fields: {', '.join(named)}"


@dataclass(frozen=True, slots=True)
class RoomImportRequest(ValidRequest):
    """Rooms to add or replace.

    Attributes:
        lines: the file's lines, read as they are asked for.
        ignored: the columns or keys that are not used, as far as the lines have been read.
        used: the columns or keys that are used, as far as the lines have been read.
        header: the names of a CSV file's columns.
        delimiter: what divides its values.
    """

    lines: Iterator[Line]
    options: ImportOptions = field(default_factory=ImportOptions)
    ignored: Ignored = field(default_factory=Ignored)
    used: Used = field(default_factory=Used)
    format: str = "csv"
    header: Sequence[str] = ()
    delimiter: str = ","
