"""Relax a search: say which change of one of its conditions finds more rooms."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from rentomatic.domain.relaxation import CountKind, Relaxation, cheapest_first
from rentomatic.domain.room import Room
from rentomatic.repository.contradictions import is_contradictory
from rentomatic.repository.errors import RepositoryTimeoutError
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import Total
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_relaxations import (
    Removable,
    RoomRelaxationsRequest,
    conditions_of,
    searched,
)
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.responses import Response, ResponseSuccess
from rentomatic.use_cases.outcomes import use_case
from rentomatic.use_cases.room_count import MOST_COUNTED

# After this time no further condition is examined: all of them together take no longer than a slow
# search may.
MOST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The relaxations of a search, the cheapest first.

    Attributes:
        version: the data version that they show; None if rooms were written meanwhile, or if the
            store has none.
    """

    relaxations: tuple[Relaxation, ...]
    version: str | None = None


@use_case
def room_relaxations_use_case(
    repository: RoomRepository, request: RoomRelaxationsRequest
) -> Response[Relaxed]:
    """Find the relaxations of a search that each find rooms which the search does not find."""
    version = repository.version()
    found = cheapest_first(_relaxations(repository, request))
    is_same = version is not None and repository.version() == version
    return ResponseSuccess(Relaxed(found, version if is_same else None))


def _relaxations(
    repository: RoomRepository, request: RoomRelaxationsRequest
) -> Iterator[Relaxation]:
    deadline = time.monotonic() + MOST_SECONDS
    already = _already(repository, searched(request))
    for each in conditions_of(request, is_empty=already == 0):
        if is_contradictory(searched(each.others)):
            continue
        if time.monotonic() > deadline:
            raise RepositoryTimeoutError("relaxing a search took too long")
        relaxation = _relaxation(repository, each, already)
        if relaxation:
            yield relaxation


def _already(repository: RoomRepository, selection: RoomSelection) -> int:
    """Return how many rooms a search finds without any change."""
    if _first(repository, selection) is None:
        return 0
    return _count(repository, selection).count


def _relaxation(
    repository: RoomRepository, condition: Removable, already: int
) -> Relaxation | None:
    nearest = condition.nearest
    room = None if nearest is None else _first(repository, nearest)
    if room is None and not condition.may_be_missing:
        return None
    value = None if room is None else condition.value_at(room)
    selection = condition.relaxed(value)
    total = _count(repository, selection)
    count = max(total.count, 1)
    if room is None and not _finds_more(repository, selection, total, already):
        return None
    return Relaxation(condition.key, value, condition.change(value), count, _kind_of(total))


def _finds_more(
    repository: RoomRepository, selection: RoomSelection, total: Total, already: int
) -> bool:
    """Return whether a search without a condition finds more rooms than with it."""
    if already == 0 and not total.is_exact:
        # An estimate does not show that there are any.
        return _first(repository, selection) is not None
    return total.count > already


def _first(repository: RoomRepository, selection: RoomSelection) -> Room | None:
    if not isinstance(selection, RoomListRequest):
        selection = RoomListRequest(*selection.conditions, limit=1)
    return next(iter(repository.search(selection).rooms), None)


def _count(repository: RoomRepository, selection: RoomSelection) -> Total:
    return repository.count_some(selection, MOST_COUNTED + 1)


def _kind_of(total: Total) -> CountKind:
    if not total.is_exact:
        return CountKind.ESTIMATE
    return CountKind.AT_LEAST if total.count > MOST_COUNTED else CountKind.EXACT
