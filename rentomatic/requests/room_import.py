"""The request to import rooms from a CSV file."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid5

from rentomatic.domain.room import InvalidRoomError, Room
from rentomatic.requests.base import InvalidRequest, ParameterError, ValidRequest
from rentomatic.requests.parsers import parse_amount, parse_integer, parse_uuid, shown
from rentomatic.requests.room_fields import FIELDS, Field, Value

DELIMITERS = ",;\t"

# The root of every `--source`: changing it would give all imported rooms new codes.
_SOURCES = UUID("6c1b4c3e-5a0e-5d58-9f0b-2f6f0a1d9c11")
_SHOWN_COLUMNS = 20

Parser = Callable[[str], Value]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that makes no room.

    Attributes:
        number: the line at which the record begins; the header is line 1.
        problems: what is wrong, each beginning with the column's name.
        record: its values, as they were read.
        is_last: whether what follows cannot be read either, so that nothing may be imported.
    """

    number: int
    problems: tuple[str, ...]
    record: Sequence[str]
    is_last: bool = False

    def __str__(self) -> str:
        return f"line {self.number}: {'; '.join(self.problems)}"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is read.

    Attributes:
        columns: the file's column, by field, where its name does not tell.
        defaults: the value, by field, where the file has no such column.
        source: the name under which identities that are no UUID become one (RFC 9562, version 5).
        round_integers: read 34.5 as 35 where an integer is wanted; else it is a bad line.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    round_integers: bool = False


@dataclass(frozen=True, slots=True)
class RoomImportRequest(ValidRequest):
    """Rooms to add or replace.

    Attributes:
        header: the names of the file's columns.
        delimiter: what stands between them.
        lines: what the file's lines are, read as they are asked for.
        skip_bad: import the good lines although there are bad ones.
        dry_run: only tell what would happen.
    """

    header: Sequence[str]
    delimiter: str
    lines: Iterator[Room | BadLine]
    skip_bad: bool = False
    dry_run: bool = False


def build_room_import_request(
    text: Iterable[str],
    options: ImportOptions,
    *,
    skip_bad: bool = False,
    dry_run: bool = False,
) -> RoomImportRequest | InvalidRequest:
    """Read the header of a CSV file (RFC 4180, or with `;` or tabs) and find the room's fields.

    Args:
        text: the file's lines with their ends; they are read as the request's `lines` are.
        options: how to read them.
        skip_bad: see RoomImportRequest.
        dry_run: see RoomImportRequest.
    """
    text = iter(text)
    first = next(text, "")
    delimiter = max(DELIMITERS, key=first.count)
    try:
        header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    except csv.Error as error:
        return InvalidRequest((ParameterError("file", f"has a header that is not CSV: {error}"),))
    if not header:
        return InvalidRequest((ParameterError("file", "is empty; it must begin with a header"),))
    if "\0" in first:
        return InvalidRequest((ParameterError("file", "is no text in UTF-8; save it as that"),))
    errors: list[ParameterError] = []
    sources = {each.name: _find_source(each, header, options, errors) for each in FIELDS.values()}
    errors.extend(
        ParameterError(option, f"there is no field {name}; fields are {', '.join(FIELDS)}")
        for option, given in (("column", options.columns), ("default", options.defaults))
        for name in given
        if name not in FIELDS
    )
    if errors:
        return InvalidRequest(tuple(errors))
    lines = _read_lines(text, header, delimiter, sources)
    return RoomImportRequest(header, delimiter, lines, skip_bad, dry_run)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a field's value comes from: a column, or always the same."""

    name: str
    parse: Parser
    index: int = -1
    default: str = ""

    def read(self, record: Sequence[str]) -> Value:
        return self.parse(self.default if self.index < 0 else record[self.index])


def _find_source(
    field: Field, header: Sequence[str], options: ImportOptions, errors: list[ParameterError]
) -> _Source:
    parse = _import_parser(field, options)
    wanted = options.columns.get(field.name)
    default = options.defaults.get(field.name, "")
    names = [name.casefold() for name in header]
    for name in [wanted] if wanted else (field.name, *field.aliases):
        if (times := names.count(name.casefold())) > 1:
            errors.append(ParameterError(name, f"is the name of {times} columns"))
        if times:
            return _Source(name, parse, names.index(name.casefold()))
    there = f"columns are {', '.join(header[:_SHOWN_COLUMNS])}"
    if wanted:
        errors.append(ParameterError("column", f"there is no column {shown(wanted)}; {there}"))
    elif not default:
        known = " or ".join((field.name, *field.aliases))
        give = f"give --column {field.name}=NAME"
        if field.name != "code":  # with one for all lines they would all be one room
            give += f" or --default {field.name}=VALUE"
        errors.append(ParameterError(field.name, f"there is no column {known}; {give}; {there}"))
    else:
        errors.extend(_default_errors(field, parse, default))
    return _Source(field.name, parse, default=default)


def _default_errors(field: Field, parse: Parser, default: str) -> Iterator[ParameterError]:
    if field.name == "code":
        yield ParameterError("default", "code must differ from line to line")
        return
    try:
        parse(default)
    except ValueError as problem:
        yield ParameterError("default", f"{field.name} {problem}")


def _import_parser(field: Field, options: ImportOptions) -> Parser:
    if field.parse is parse_uuid:
        return _identity_parser(options.source)
    if field.parse is parse_integer:
        return partial(parse_amount, round_it=options.round_integers)
    return lambda text: field.parse(text.strip())


def _identity_parser(source: str | None) -> Parser:
    namespace = uuid5(_SOURCES, source) if source else None

    def parse(text: str) -> UUID:
        text = text.strip()
        try:
            return parse_uuid(text)
        except ValueError:
            if not text:
                msg = "is empty"
                raise ValueError(msg) from None
            if namespace is None:
                msg = f"is no UUID: {shown(text)}; give --source NAME to make one of it"
                raise ValueError(msg) from None
            return uuid5(namespace, text)

    return parse


def _read_lines(
    text: Iterator[str], header: Sequence[str], delimiter: str, sources: Mapping[str, _Source]
) -> Iterator[Room | BadLine]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    # In the order of Room's own fields, so that a good line costs no look-up.
    code, size, price, longitude, latitude = (sources[name].read for name in Room.__match_args__)
    width = len(header)
    while True:
        number = reader.line_num + 2
        record: Sequence[str] = ()
        try:
            record = next(reader)
            if len(record) != width:
                if record:
                    yield BadLine(number, (f"has {len(record)} values, not {width}",), record)
                continue
            yield Room(
                code(record),  # type: ignore[arg-type]
                size(record),  # type: ignore[arg-type]
                price(record),  # type: ignore[arg-type]
                longitude(record),  # type: ignore[arg-type]
                latitude(record),  # type: ignore[arg-type]
            )
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"is not CSV, so what follows cannot be read: {error}"
            yield BadLine(number, (problem,), record, is_last=True)
            return
        except ValueError:
            yield BadLine(number, tuple(_problems(record, sources)), record)


def _problems(record: Sequence[str], sources: Mapping[str, _Source]) -> Iterator[str]:
    values: dict[str, Value] = {}
    for name, source in sources.items():
        try:
            values[name] = source.read(record)
        except ValueError as problem:
            yield f"{source.name} {problem}"
    if len(values) == len(sources):
        try:
            Room.from_dict(values)
        except InvalidRoomError as error:
            for name, message in error.problems.items():
                yield f"{sources[name].name} {message}"
