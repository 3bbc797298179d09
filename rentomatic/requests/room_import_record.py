"""A record of an imported file becomes a room, whatever the format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from rentomatic.domain.room import InvalidRoomError, Room
from rentomatic.requests.base import ParameterError
from rentomatic.requests.parsers import is_utf8, shown, shown_name
from rentomatic.requests.room_fields import FIELDS, Field, Value
from rentomatic.requests.room_import_header import Header, Ignored
from rentomatic.requests.room_import_options import ImportOptions
from rentomatic.requests.room_import_values import Parser, former_code, import_parser, json_name

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


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a field's value comes from: a column, or always the same."""

    name: str
    parse: Parser
    index: int = -1
    default: str = ""

    def read(self, record: Sequence[object]) -> Value:
        if self.index < 0:
            return self.parse(self.default)
        value = record[self.index]
        if not isinstance(value, str):  # of JSON; its numbers come as they are spelt
            msg = f"must be a number or text, not {json_name(value)}"
            raise ValueError(msg)  # noqa: TRY004 - it is the file's fault
        return self.parse(value)

    def misread(self, record: Sequence[object]) -> str | None:
        """Say that the value is no text, if it is none; whatever else is wrong comes of that."""
        value = record[self.index] if self.index >= 0 else None
        if isinstance(value, str) and not is_utf8(value):
            return f"is no text in UTF-8: {shown(value)}"
        return None


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
        found = {each.name: _find_source(each, header, given, options) for each in FIELDS.values()}
        self.errors = [each for each in found.values() if isinstance(each, ParameterError)]
        self._sources = {name: each for name, each in found.items() if isinstance(each, _Source)}
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
                yield f"{source.name} {source.misread(record) or problem}"
        if len(values) == len(self._sources):
            try:
                Room.from_dict(values)
            except InvalidRoomError as error:
                for name, message in error.problems.items():
                    yield f"{self._sources[name].name} {message}"


def json_option_errors(options: ImportOptions) -> Iterator[ParameterError]:
    """Tell what is wrong with options whatever the file of JSON."""
    if options.delimiter is not None:
        yield ParameterError("delimiter", "is for CSV; JSON has none")
    yield from option_errors(options)


def option_errors(options: ImportOptions) -> Iterator[ParameterError]:
    """Tell what is wrong with options whatever the file."""
    for option, given in (("column", options.columns), ("default", options.defaults)):
        for name in given:
            if name not in FIELDS:
                known = ", ".join(FIELDS)
                yield ParameterError(option, f"there is no field {name}; fields are {known}")
    for name in options.defaults.keys() & FIELDS.keys():
        yield from _default_errors(FIELDS[name], options)


def _default_errors(field: Field, options: ImportOptions) -> Iterator[ParameterError]:
    if field.is_identity:
        yield ParameterError("default", "code must differ from line to line")
        return
    try:
        import_parser(field, options)(options.defaults[field.name])
    except ValueError as problem:
        yield ParameterError("default", f"{field.name} {problem}")


def _find_source(
    field: Field, header: Header, given: Mapping[str, list[int]], options: ImportOptions
) -> _Source | ParameterError:
    """Find where a field stands; those for which a name is given stand in its places."""
    parse = import_parser(field, options)
    wanted = options.columns.get(field.name)
    default = options.defaults.get(field.name, "")
    if wanted is None:
        places = header.find_usual(field, {index for each in given.values() for index in each})
    else:
        places = given[field.name]
    if len(places) > 1:
        return header.ambiguity(field, places, advises=options.advises)
    if places:
        return _Source(shown_name(header.names[places[0]]), parse, places[0])
    if wanted is not None:
        return ParameterError("column", f"there is no {header.noun} {shown(wanted)}; {header}")
    if not default:
        known = " or ".join(field.names)
        advice = _advice_for(field) if options.advises else ""
        return ParameterError(field.name, f"there is no {header.noun} {known}; {advice}{header}")
    return _Source(field.name, parse, default=default)


def _advice_for(field: Field) -> str:
    give = f"give --column {field.name}=NAME"
    # With one code for all lines they would all be one room.
    return f"{give}; " if field.is_identity else f"{give} or --default {field.name}=VALUE; "
