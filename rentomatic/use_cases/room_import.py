"""Import rooms: all of them or none, or all good ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rentomatic.domain.room import Room
from rentomatic.repository.interface import (
    RepositoryUnavailableError,
    RoomRepository,
    SaveSummary,
)
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_import import RoomImportRequest
from rentomatic.requests.room_import_record import BadLine
from rentomatic.responses import (
    UNAVAILABLE,
    Response,
    ResponseFailure,
    ResponseSuccess,
    ResponseTypes,
    build_response_from_invalid_request,
)

TOLD_LINES = 20


@dataclass(slots=True)
class Rejected:
    """The bad lines of an import: how many, and the first ones."""

    count: int = 0
    first: list[BadLine] = field(default_factory=list)

    def add(self, line: BadLine) -> None:
        """Count a bad line."""
        self.count += 1
        if len(self.first) < TOLD_LINES:
            self.first.append(line)

    def __str__(self) -> str:
        more = self.count - len(self.first)
        return "\n".join([*map(str, self.first), *([f"and {more} more bad lines"] if more else [])])


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or in a dry run would do."""

    saved: SaveSummary
    rejected: Rejected


class _NothingSavedError(Exception):
    """Makes the repository take back what it has saved of a file with bad lines."""


def room_import_use_case(
    repository: RoomRepository,
    request: RoomImportRequest | InvalidRequest,
    on_reject: Callable[[BadLine], None] = lambda line: None,  # noqa: ARG005
) -> Response[ImportReport]:
    """Add or replace the rooms of a file in one transaction.

    With bad lines nothing is changed and all of them are counted, unless the request skips them;
    then `on_reject` gets each. A file that cannot be read to its end changes nothing in any case.
    """
    if not request:
        return build_response_from_invalid_request(request)
    rejected = Rejected()
    try:
        saved = repository.save(_rooms(request, rejected, on_reject), dry_run=request.dry_run)
    except RepositoryUnavailableError:
        return UNAVAILABLE
    except _NothingSavedError:
        return ResponseFailure(ResponseTypes.PARAMETERS_ERROR, f"Nothing is imported\n{rejected}")
    return ResponseSuccess(ImportReport(saved, rejected))


def _rooms(
    request: RoomImportRequest, rejected: Rejected, on_reject: Callable[[BadLine], None]
) -> Iterator[Room]:
    for line in request.lines:
        if isinstance(line, BadLine):
            rejected.add(line)
            if line.is_last:
                raise _NothingSavedError
            on_reject(line)
        elif request.skip_bad or not rejected.count:
            yield line
    if rejected.count and not request.skip_bad:
        raise _NothingSavedError
