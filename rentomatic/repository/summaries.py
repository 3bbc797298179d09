"""Summaries in PostgreSQL: of all rooms that affect them or, if those are many, of a sample."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rentomatic.domain.room_summary import RoomSummary
from rentomatic.repository.errors import RepositoryTimeoutError
from rentomatic.repository.results import Summarized
from rentomatic.repository.room_parameters import (
    SELECTION_PARTS,
    SUMMARY_PARAMETERS,
    Parameters,
    sample_parameters,
    selection_parts,
    summary_parameters,
)
from rentomatic.repository.rows import summary_of
from rentomatic.repository.statement import load
from rentomatic.repository.transactions import Transactions, if_fast
from rentomatic.requests.room_fields import BEDROOMS, HISTOGRAMS
from rentomatic.requests.room_summary import RoomSummaryRequest

# The planner may expect far fewer rooms than there are, or not see that finding them is slow. Both
# limits are in milliseconds; the longer one is for rooms that are too rare to be estimated.
COUNTING_TIMEOUT = 500
LONGER_TIMEOUT = 2_000

# With this many rooms of a sample, one standard error of the estimated count is a tenth of it.
FEWEST_SAMPLED = 100
# With this many it is a fifth; if even the longer limit is too short, that is better than nothing.
FEWEST_SHOWN = 25


class Summaries:
    """Makes summaries; each method gets the connections to use."""

    def __init__(self) -> None:
        self._statement = load("room_summary", SUMMARY_PARAMETERS, SELECTION_PARTS)

    def exact(self, connections: Transactions, request: RoomSummaryRequest) -> Summarized | None:
        """Count all rooms; return None if that takes too long."""
        parameters = summary_parameters(request)
        rows = self._rows_if_fast(connections, request, parameters, COUNTING_TIMEOUT)
        return Summarized(summary_of(rows), rows[0].version) if rows else None

    def estimate(
        self, connections: Transactions, request: RoomSummaryRequest, *, is_slow: bool
    ) -> Summarized:
        """Estimate a summary from a sample, but count the selected rooms if that is fast.

        Args:
            connections: to the database.
            request: the selection.
            is_slow: whether counting the selected rooms is known to take too long.

        Raises:
            RepositoryTimeoutError: if they take too long to count, and the sample has too few.
        """
        parameters = summary_parameters(request) | sample_parameters(request)
        rows = connections.read(lambda each: each.named(*self._prepared(request, parameters)))
        sampled = Summarized(summary_of(rows), rows[0].version, is_exact=False)
        is_usable = rows[0].selected >= FEWEST_SAMPLED
        if is_usable and is_slow:
            return sampled
        parameters = summary_parameters(request, selected_only=True)
        limit = COUNTING_TIMEOUT if is_usable else LONGER_TIMEOUT
        if counted := self._rows_if_fast(connections, request, parameters, limit):
            return _merged(request, summary_of(counted), sampled)
        if rows[0].selected >= FEWEST_SHOWN:
            return sampled
        raise RepositoryTimeoutError("too many rooms to count, too few to estimate")

    def _rows_if_fast(
        self,
        connections: Transactions,
        request: RoomSummaryRequest,
        parameters: Parameters,
        milliseconds: int,
    ) -> Sequence[Any] | None:
        prepared = self._prepared(request, parameters)
        return if_fast(connections, lambda each: each.named(*prepared), milliseconds)

    def _prepared(
        self, request: RoomSummaryRequest, parameters: Parameters
    ) -> tuple[bytes, Parameters]:
        text = self._statement.text(frozenset(parameters), **selection_parts(request))
        return text, parameters


def _merged(request: RoomSummaryRequest, counted: RoomSummary, sampled: Summarized) -> Summarized:
    """Return a summary of counted rooms, with the histograms that show others from a sample."""
    estimated = sampled.summary
    shown = {name for name in HISTOGRAMS if request.without_filters_of(name) != request.selection}
    amounts = {
        name: replace(each, histogram=estimated.amounts[name].histogram) if name in shown else each
        for name, each in counted.amounts.items()
    }
    bedrooms = estimated.bedrooms if BEDROOMS in shown else counted.bedrooms
    # The counted rooms may be newer, but no answer that is newer than both has this version.
    return replace(
        sampled,
        summary=replace(counted, amounts=amounts, bedrooms=bedrooms),
        is_exact=not shown,
    )
