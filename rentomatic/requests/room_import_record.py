"""A record of an imported file becomes a room, whatever the format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from rentomatic.domain.room import FIELDS, InvalidRoomError, Room
from rentomatic.requests.base import ParameterError
from rentomatic.requests.room_fields import Value
from rentomatic.requests.room_import_header import Header, Ignored
from rentomatic.requests.room_import_options import ImportOptions
from rentomatic.requests.room_import_source import Source, find_source
from rentomatic.requests.room_import_values import former_code

# A line or a value of a file: a longer one would take memory, and no room is so long.
MAX_CHARACTERS = 1 << 20


class RoomLine(NamedTuple):
    """A line that makes a room.

    Attributes:
        number: as of a bad line.
        room: what it makes.
        record: as of a bad line.
        unit: what the number counts.
        former_code: under which an earlier release may have stored the room.
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


@dataclass(frozen=True, slots=True)
class RoomLines:
    """The records of a file.

    Attributes:
        lines: what they are, read as they are asked for.
        header: the names of a CSV file's columns.
        delimiter: what stands between them.
        ignored: which columns or keys are not used, as far as the lines are read.
    """

    lines: Iterator[Line]
    header: Sequence[str] = ()
    delimiter: str = ","
    ignored: Ignored = field(default_factory=Ignored)


class Columns:
    """Where the fields of a room stand in the records of a file.

    Attributes:
        errors: the fields that stand nowhere, or in two places; with any no record makes a room.
        unknown_errors: the names that are to be ignored and stand nowhere.
        ignored: the names of the values that are not used.
    """

    def __init__(self, names: Sequence[str], options: ImportOptions, noun: str = "column") -> None:
        self._source = options.source
        header = Header(names, noun, options.ignored)
        given = {
            field: header.find_given(name)
            for field, name in options.columns.items()
            if field in FIELDS
        }
        found = {each.name: find_source(each, header, given, options) for each in FIELDS.values()}
        self.errors = [each for each in found.values() if isinstance(each, ParameterError)]
        self._sources = {name: each for name, each in found.items() if isinstance(each, Source)}
        self.ignored = header.others({each.index for each in self._sources.values()})
        self.unknown_errors = tuple(header.unknown_errors())
        # In the order of Room's own fields, so that a good line costs no look-up.
        self._reads = tuple(
            self._sources[name].read for name in Room.__match_args__ if name in self._sources
        )

    def line(
        self, number: int, values: Sequence[object], record: Sequence[str], unit: str = "line"
    ) -> Line:
        """Read the values of a line, whose record they are or come from."""
        made = self.make(values)
        if isinstance(made, Room):
            return RoomLine(number, made, record, unit, self._former_code(values))
        return BadLine(number, made, record, unit=unit)

    def _former_code(self, values: Sequence[object]) -> UUID | None:
        identity = values[self._sources["code"].index]
        if self._source is None or not isinstance(identity, str):
            return None
        return former_code(identity, self._source)

    def make(self, record: Sequence[object]) -> Room | tuple[str, ...]:
        """Make a room of a record, or tell all that is wrong with it, in the file's words."""
        if self.errors:
            return tuple(map(str, self.errors))
        code, size, price, longitude, latitude = self._reads
        try:
            return Room(
                code(record),  # type: ignore[arg-type]
                size(record),  # type: ignore[arg-type]
                price(record),  # type: ignore[arg-type]
                longitude(record),  # type: ignore[arg-type]
                latitude(record),  # type: ignore[arg-type]
            )
        except ValueError:
            return tuple(self._problems(record))

    def _problems(self, record: Sequence[object]) -> Iterator[str]:
        values: dict[str, Value] = {}
        for name, source in self._sources.items():
            try:
                values[name] = source.read(record)
            except ValueError as problem:
                yield source.explain(record, problem)
        if len(values) == len(self._sources):
            try:
                Room.from_dict(values)
            except InvalidRoomError as error:
                for name, message in error.problems.items():
                    yield f"{self._sources[name].name} {message}{self._sources[name].unit}"
