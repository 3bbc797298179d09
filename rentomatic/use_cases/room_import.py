"""Import rooms: all of them or none, or all good ones."""

import logging
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rentomatic.domain.room import Room
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import SaveSummary
from rentomatic.requests.base import ParameterError
from rentomatic.requests.room_import import BadLine, Ignored, RoomImportRequest, Used
from rentomatic.responses import Response, ResponseFailure, ResponseSuccess, ResponseTypes
from rentomatic.use_cases.outcomes import use_case
from rentomatic.use_cases.room_staging import StagedLines, StagingError

NAMED_LINES = 20
# A limit on the ranges of further bad lines: a file may have millions, each of one line.
NAMED_RANGES = 10_000

NO_ROOM = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR,
    "There is currently not enough disk space for the lines of this file",
)

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Rejected:
    """The bad lines of an import.

    Attributes:
        named: how many bad lines are kept.
        others: the numbers of the others, in ranges: the first and the last of each in turn; those
            behind NAMED_RANGES are only counted.
    """

    named: int = NAMED_LINES
    count: int = 0
    first: list[BadLine] = field(default_factory=list)
    others: "array[int]" = field(default_factory=lambda: array("Q"))

    def add(self, line: BadLine) -> None:
        """Count a bad line."""
        self.count += 1
        if len(self.first) < self.named:
            self.first.append(line)
        elif self.others and self.others[-1] == line.number - 1:
            self.others[-1] = line.number
        elif len(self.others) < 2 * NAMED_RANGES:
            self.others.extend((line.number, line.number))

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Return the first and the last number of each range of the others."""
        return zip(self.others[::2], self.others[1::2], strict=True)

    def errors(self) -> Iterator[ParameterError]:
        """Name each bad line."""
        for line in self.first:
            yield ParameterError(line.place, line.reason)
        if self.others:
            numbers = (f"{a}-{b}" if a < b else str(a) for a, b in self.ranges())
            numbered = len(self.first) + sum(b - a + 1 for a, b in self.ranges())
            more = f", and {self.count - numbered} more" if self.count > numbered else ""
            places = f"{self.first[0].unit}s {', '.join(numbers)}{more}"
            yield ParameterError(places, "are also bad")

    def __str__(self) -> str:
        more = self.count - len(self.first)
        return "\n".join([*map(str, self.first), *([f"and {more} more bad lines"] if more else [])])


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or in a dry run would do.

    Attributes:
        ignored: the columns or keys that are not used.
        used: the columns or keys that are used, by field.
        repeated: how many lines were equal to an earlier one, and so counted only here.
    """

    saved: SaveSummary
    rejected: Rejected
    repeated: int = 0
    ignored: Ignored = field(default_factory=Ignored)
    used: Used = field(default_factory=Used)


@use_case
def room_import_use_case(
    repository: RoomRepository,
    request: RoomImportRequest,
    on_reject: Callable[[BadLine], None] = lambda line: None,  # noqa: ARG005
    named: int = NAMED_LINES,
    *,
    names_all: bool = False,
) -> Response[ImportReport]:
    """Add or replace the rooms of a file in one transaction, once the whole file is read.

    With bad lines nothing is changed and all of them are counted, unless the request skips them;
    then `on_reject` gets each. A file that cannot be read to its end changes nothing in any case.

    Args:
        repository: where to.
        request: what, and how.
        on_reject: gets each bad line that is skipped.
        named: for how many bad lines the failure says what is wrong.
        names_all: whether its message lists the numbers of the others too, or only counts them.
    """
    try:
        with StagedLines(request.lines, keeps_records=request.options.skip_bad) as staged:
            if staged.is_torn or (staged.bad and not request.options.skip_bad):
                return _refuse(staged, named, names_all=names_all)
            rejected = Rejected(named)
            staged.keep_codes(repository.existing)
            rooms = _rooms(staged, rejected, on_reject)
            saved = repository.save(rooms, dry_run=request.options.dry_run)
            report = ImportReport(saved, rejected, staged.repeated, request.ignored, request.used)
            return ResponseSuccess(report)
    except StagingError as error:
        logger.error("an import cannot be stored: %s", error)  # noqa: TRY400 - no traceback
        return NO_ROOM


def _refuse(staged: StagedLines, named: int, *, names_all: bool) -> ResponseFailure:
    rejected = Rejected(named)
    for line in staged:
        if isinstance(line, BadLine):
            rejected.add(line)
    errors = tuple(rejected.errors())
    lines = map(str, errors) if names_all else [str(rejected)]
    message = "\n".join(["Nothing was imported", *lines])
    return ResponseFailure(ResponseTypes.PARAMETERS_ERROR, message, errors)


def _rooms(
    staged: StagedLines, rejected: Rejected, on_reject: Callable[[BadLine], None]
) -> Iterator[Room]:
    for line in staged:
        if isinstance(line, BadLine):
            rejected.add(line)
            on_reject(line)
        else:
            yield line
