"""Where the fields of a room come from in an imported file: from columns, keys or defaults."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from uuid import UUID

from rentomatic.domain.room import FIELDS, Field, InvalidRoomError, Room
from rentomatic.formats.header import Header
from rentomatic.formats.json import json_name
from rentomatic.formats.values import former_code, import_parser, looks_like_no_value
from rentomatic.requests.base import ParameterError
from rentomatic.requests.parsers import is_utf8, shown, shown_name
from rentomatic.requests.room_fields import Parser, Value
from rentomatic.requests.room_import import BadLine, ImportOptions, Line, RoomLine


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


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's value comes from: a column, or the default where that has none.

    Attributes:
        field: whose value it is.
        name: what the file calls it.
        parse: reads its text.
        index: where it stands in a record; -1 if it does not.
        default: its value where the record has none.
        nulls: texts that stand for no value.
        advises: whether what is wrong comes with the options that would help.
        unit: what to say of the unit of a value that is converted.
    """

    field: Field
    name: str
    parse: Parser
    index: int
    default: Value | None
    nulls: frozenset[str]
    advises: bool
    unit: str

    def read(self, record: Sequence[object]) -> Value:
        """Read the value; raises ValueError with what is wrong with it."""
        value = record[self.index] if self.index >= 0 else None
        if isinstance(value, str) and value.strip() not in self.nulls:
            return self.parse(value)
        if self.default is not None and (value is None or isinstance(value, str)):
            return self.default
        if not isinstance(value, str):  # of JSON; its numbers come as they are spelt
            msg = f"must be a number or text, not {json_name(value)}"
            raise ValueError(msg)  # noqa: TRY004 - it is the file's fault
        if value.strip():
            msg = f"is {shown(value)}, which stands for no value{self._advice()}"
            raise ValueError(msg)
        return self.parse(value)  # which says what it wants

    def explain(self, record: Sequence[object], problem: ValueError) -> str:
        """Say what is wrong with the value: maybe it is no text, or was meant to be no value."""
        value = record[self.index] if self.index >= 0 else None
        if not isinstance(value, str) or value.strip() in self.nulls:
            return f"{self.name} {problem}"
        if not is_utf8(value):
            return f"{self.name} is no text in UTF-8: {shown(value)}"
        if looks_like_no_value(value):
            text = value.strip()
            equals = "=" if text.startswith("-") else " "
            advice = self._advice(f"--null-text{equals}{quote(text)}")
            return f"{self.name} {problem}, which looks like no value{advice}"
        return f"{self.name} {problem}"

    def _advice(self, *options: str) -> str:
        if self.field.is_identity:
            return "; each room needs one"
        if self.default is None:
            options = (*options, f"--default {self.field.name}=VALUE")
        return f"; give {' and '.join(options)}" if options and self.advises else ""


def json_option_errors(options: ImportOptions) -> Iterator[ParameterError]:
    """Tell what is wrong with options whatever the file of JSON."""
    if options.delimiter is not None:
        yield ParameterError("delimiter", "is for CSV; JSON has none")
    yield from option_errors(options)


def option_errors(options: ImportOptions) -> Iterator[ParameterError]:
    """Tell what is wrong with options whatever the file."""
    if options.decimal not in {None, ".", ","}:
        yield ParameterError("decimal", f"must be . or , not {shown(options.decimal or '')}")
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
        _read_default(field, options)
    except ValueError as problem:
        yield ParameterError("default", f"{field.name} {problem}")


def find_source(
    field: Field, header: Header, given: Mapping[str, list[int]], options: ImportOptions
) -> Source | ParameterError:
    """Find where a field stands; those for which a name is given stand in its places."""
    wanted = options.columns.get(field.name)
    if wanted is None:
        places = header.find_usual(field, {index for each in given.values() for index in each})
    else:
        places = given[field.name]
    if len(places) > 1:
        return header.ambiguity(field, places, advises=options.advises)
    if places:
        return _source(field, options, header.names[places[0]], places[0])
    has_default = field.name in options.defaults
    if wanted is not None and not (has_default and header.is_of_one_record):
        return ParameterError("column", f"there is no {header.noun} {shown(wanted)}; {header}")
    if not has_default:
        known = " or ".join(field.names)
        advice = _advice_for(field) if options.advises else ""
        return ParameterError(field.name, f"there is no {header.noun} {known}; {advice}{header}")
    return _source(field, options, field.name)


def _source(field: Field, options: ImportOptions, name: str, index: int = -1) -> Source:
    units = [f" in {each.own}" for each in field.units if each.is_named_by(name)]
    return Source(
        field=field,
        name=shown_name(name),
        parse=import_parser(field, options, name),
        index=index,
        default=_default_of(field, options),
        nulls=frozenset(("", *options.null_texts)),
        advises=options.advises,
        unit=units[0] if units else "",
    )


def _default_of(field: Field, options: ImportOptions) -> Value | None:
    """Read the default of a field; None for what is none, which `option_errors` tells."""
    if field.name not in options.defaults:
        return None
    try:
        return _read_default(field, options)
    except ValueError:
        return None


def _read_default(field: Field, options: ImportOptions) -> Value:
    # Typed by a person, not written as the file's numbers are.
    return import_parser(field, replace(options, decimal=None))(options.defaults[field.name])


def _advice_for(field: Field) -> str:
    give = f"give --column {field.name}=NAME"
    # With one code for all lines they would all be one room.
    return f"{give}; " if field.is_identity else f"{give} or --default {field.name}=VALUE; "
