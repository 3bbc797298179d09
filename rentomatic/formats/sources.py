"""Where a field of a room comes from in an imported file: from a column, a key or a default."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote

from rentomatic.domain.room import FIELDS, OPTIONAL_FIELDS, Field
from rentomatic.formats.header import Header
from rentomatic.formats.json import json_name
from rentomatic.formats.values import import_parser, looks_like_no_value, reference_parser
from rentomatic.requests.base import ParameterError
from rentomatic.requests.parsers import is_utf8, shown, shown_name
from rentomatic.requests.room_fields import Value
from rentomatic.requests.room_import import ImportOptions


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's value comes from: a column, or the default where that has none.

    Attributes:
        field: whose value it is.
        name: what the file calls it.
        parse: reads its text.
        index: where it is in a record; -1 if nowhere.
        default: its value if the record has none.
        nulls: texts that mean no value.
        advises: whether errors name the options that would help.
        unit: what errors say about the unit of a converted value.
    """

    field: Field
    name: str
    parse: Callable[[str], Value | None]
    index: int
    default: Value | None
    nulls: frozenset[str]
    advises: bool
    unit: str

    @property
    def is_in_file(self) -> bool:
        """Whether the value is in the file; otherwise there is only a default."""
        return self.index >= 0

    def read(self, record: Sequence[object]) -> Value | None:
        """Read the value; None where an optional field has none.

        Raises:
            ValueError: says what is wrong with the value.
        """
        value = record[self.index] if self.index >= 0 else None
        if isinstance(value, str) and value.strip() not in self.nulls:
            return self.parse(value)
        is_missing = value is None or isinstance(value, str)
        if is_missing and (self.default is not None or self.field.is_optional):
            return self.default
        if not isinstance(value, str):  # of JSON; its numbers are kept as they are spelt
            raise ValueError(f"must be a number or text, not {json_name(value)}")  # noqa: TRY004 - it is the file's fault
        if value.strip():
            raise ValueError(
                f"is {shown(value)}, which means that there is no value{self._advice()}"
            )
        return self.parse(value)  # which says what it wants

    def explain(self, record: Sequence[object], problem: ValueError) -> str:
        """Explain a wrong value: it may not be UTF-8, or may mean a missing value."""
        value = record[self.index] if self.index >= 0 else None
        if not isinstance(value, str) or value.strip() in self.nulls:
            return f"{self.name} {problem}{self.way_out}"
        if not is_utf8(value):
            return f"{self.name} is not UTF-8 text: {shown(value)}{self.way_out}"
        if looks_like_no_value(value):
            text = value.strip()
            equals = "=" if text.startswith("-") else " "
            advice = self._advice(f"--null-text{equals}{quote(text)}")
            return f"{self.name} {problem}, which looks like no value{advice}"
        return f"{self.name} {problem}{self.way_out}"

    def explain_invalid(self, record: Sequence[object], value: Value | None, problem: str) -> str:
        """Explain a value that can be read but is not valid; it may have been converted."""
        given = f", not {shown(str(record[self.index]))}" if self.is_in_file else ""
        made = f", which is {value}" if given and self.unit else ""
        return f"{self.name} {problem}{self.unit}{given}{made}{self.way_out}"

    @property
    def way_out(self) -> str:
        """What errors say about importing the file without the field."""
        is_needed = not (self.field.is_optional and self.advises)
        return "" if is_needed else f"; give --ignore {self.field.name} to leave it out"

    def _advice(self, *options: str) -> str:
        if self.field.is_identity:
            return "; each room needs one"
        if self.default is None and not self.field.is_optional:
            options = (*options, f"--default {self.field.name}=VALUE")
        return f"; give {' and '.join(options)}" if options and self.advises else ""


def reference_source(code: Source | ParameterError | None) -> Source | None:
    """Return the source of `reference`, which keeps identities that are not UUIDs: the code's."""
    if not isinstance(code, Source):
        return None
    field = FIELDS["reference"]
    return replace(code, field=field, parse=reference_parser(field), default=None)


def json_option_errors(options: ImportOptions) -> Iterator[ParameterError]:
    """Yield what is wrong with the options for any file of JSON."""
    if options.delimiter is not None:
        yield ParameterError("delimiter", "is for CSV; JSON has none")
    yield from option_errors(options)


def option_errors(options: ImportOptions) -> Iterator[ParameterError]:
    """Yield what is wrong with the options for any file."""
    if options.decimal not in {None, ".", ","}:
        yield ParameterError("decimal", f"must be . or , not {shown(options.decimal or '')}")
    for option, given in (("column", options.columns), ("default", options.defaults)):
        for name in given:
            if name not in FIELDS:
                known = ", ".join(FIELDS)
                yield ParameterError(option, f"there is no field {name}; fields are {known}")
    for name in OPTIONAL_FIELDS:
        if name in options.ignored and (name in options.columns or name in options.defaults):
            problem = f"{name} is ignored, so it cannot have --column or --default"
            yield ParameterError("ignore", problem)
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
) -> Source | ParameterError | None:
    """Find a field: in the places of the name that is given for it, if any.

    Returns:
        None for an optional field that is nowhere.
    """
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
    may_be_absent = has_default or field.is_optional
    if wanted is not None and not (may_be_absent and header.is_of_one_record):
        return ParameterError("column", f"there is no {header.noun} {shown(wanted)}; {header}")
    if not may_be_absent:
        known = " or ".join(field.names)
        advice = _advice_for(field) if options.advises else ""
        return ParameterError(field.name, f"there is no {header.noun} {known}; {advice}{header}")
    return _source(field, options, field.name) if has_default else None


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
    """Return the default of a field; None for a wrong one, which `option_errors` reports."""
    if field.name not in options.defaults:
        return None
    try:
        return _read_default(field, options)
    except ValueError:
        return None


def _read_default(field: Field, options: ImportOptions) -> Value:
    # A person typed it; its decimal sign is not the file's.
    text = options.defaults[field.name]
    value = import_parser(field, replace(options, decimal=None))(text)
    if problem := field.problem(value):
        raise ValueError(f"{problem}, not {shown(text)}")
    return value


def _advice_for(field: Field) -> str:
    give = f"give --column {field.name}=NAME"
    # With one code for all lines, all would be the same room.
    return f"{give}; " if field.is_identity else f"{give} or --default {field.name}=VALUE; "
