"""The records of an imported file become rooms."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from uuid import UUID

from rentomatic.domain.compiled import compile_function
from rentomatic.domain.room import FIELDS, OPTIONAL_FIELDS, PartialRoom, Room
from rentomatic.formats.header import Header
from rentomatic.formats.sources import Source, find_source, reference_source
from rentomatic.formats.values import former_code
from rentomatic.requests.base import ParameterError
from rentomatic.requests.room_fields import Value
from rentomatic.requests.room_import import BadLine, ImportOptions, Line, RoomLine

CODE = "code"
# The field that keeps an identity that is not a UUID.
REFERENCE = "reference"

# Columns are remembered for this many sets of keys: rooms may each lack other optional fields, of
# which there are 256 sets. Sets of many or long names need more memory, so fewer are remembered.
_KNOWN_SETS = 512
_KNOWN_LONG_SETS = 16
_LONG = 1_000  # characters

Read = Callable[[Sequence[object]], Value | None]

# Makes a room of what its fields' readers, in its own order, find in a record: a loop over them
# makes an import take a tenth longer.
_make_room: Callable[[Sequence[Read], Sequence[object]], Room] = compile_function(
    "reads, record",
    [
        f"{', '.join(Room.__match_args__)} = reads",
        f"return make({', '.join(f'{name}(record)' for name in Room.__match_args__)})",
    ],
    make=Room,
)


class Columns:
    """Where the fields of a room are in the records of a file.

    Attributes:
        errors: the fields that are missing or in two places; with any, no record makes a room.
        unknown_errors: the names to ignore that are not there.
        ignored: the names of the values that are not used.
        used: the names of the values that are used, by field.
    """

    def __init__(self, names: Sequence[str], options: ImportOptions, noun: str = "column") -> None:
        self._source = options.source
        left_out = set(OPTIONAL_FIELDS).intersection(options.ignored)
        header = Header(names, noun, [name for name in options.ignored if name not in left_out])
        given = {
            field: header.find_given(name)
            for field, name in options.columns.items()
            if field in FIELDS
        }
        found = {
            name: None if name in left_out else find_source(each, header, given, options)
            for name, each in FIELDS.items()
        }
        self._is_reference_kept = False
        if found[REFERENCE] is None and options.source and REFERENCE not in left_out:
            found[REFERENCE] = reference_source(found[CODE])
            self._is_reference_kept = True
        self.errors = [each for each in found.values() if isinstance(each, ParameterError)]
        self._sources = {name: each for name, each in found.items() if isinstance(each, Source)}
        self.used = {
            name: names[each.index] for name, each in self._sources.items() if each.is_in_file
        }
        self.ignored = header.others({each.index for each in self._sources.values()})
        self.unknown_errors = tuple(header.unknown_errors())
        self._keeps = frozenset(name for name, each in found.items() if each is None)
        self._keeps_without_reference = self._keeps | {REFERENCE}
        self._reads = tuple(
            self._sources[name].read if name in self._sources else _read_nothing
            for name in Room.__match_args__
        )

    def line(
        self, number: int, values: Sequence[object], record: Sequence[str], unit: str = "line"
    ) -> Line:
        """Make a line of its values; `record` is what a file of rejects gets."""
        made = self.make(values)
        if isinstance(made, Room):
            former = self._former_code(values, self._source) if self._source else None
            return RoomLine(number, made, record, unit, former)
        return BadLine(number, made, record, unit=unit)

    def _former_code(self, values: Sequence[object], source: str) -> UUID | None:
        identity = values[self._sources["code"].index]
        return former_code(identity, source) if isinstance(identity, str) else None

    def make(self, record: Sequence[object]) -> Room | tuple[str, ...]:
        """Make a room of a record, or return all its problems, in the file's words.

        A room keeps the optional fields that the file does not mention.
        """
        if self.errors:
            return tuple(map(str, self.errors))
        try:
            room = _make_room(self._reads, record)
        except ValueError:
            return tuple(self._problems(record))
        keeps = self._keeps
        if self._is_reference_kept and room.reference is None:
            keeps = self._keeps_without_reference
        return PartialRoom.of(room, keeps) if keeps else room

    def _problems(self, record: Sequence[object]) -> Iterator[str]:
        for source in self._sources.values():
            try:
                value = source.read(record)
            except ValueError as problem:
                yield source.explain(record, problem)
            else:
                if invalid := source.field.problem(value):
                    yield source.explain_invalid(record, value, invalid)


def remembered(make: Callable[..., Columns]) -> Callable[..., Columns]:
    """Return a function that makes columns of tuples of keys, as `make` does, but rarely twice."""
    of_short, of_long = lru_cache(_KNOWN_SETS)(make), lru_cache(_KNOWN_LONG_SETS)(make)

    def columns_of(*keys: tuple[str, ...]) -> Columns:
        is_long = sum(len("".join(each)) for each in keys) > _LONG
        return of_long(*keys) if is_long else of_short(*keys)

    return columns_of


def _read_nothing(_record: Sequence[object]) -> None:
    """Read an optional field that the file does not mention."""
