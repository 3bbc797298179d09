"""Saved searches, and the interface of what stores them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from rentomatic.requests.saved_search import SavedSearchRequest

# Of one owner.
MAX_SEARCHES = 1_000
# Messages of one search; if more wait, they are replaced by a message to start again.
MAX_WAITING = 1_000


class TooManySearchesError(Exception):
    """An owner has as many saved searches as one may have."""


class TooManyWaitingError(Exception):
    """As many messages of a search wait as may."""


class SearchDisabledError(Exception):
    """A search is disabled; the text is why."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A saved search.

    Attributes:
        owner: who saved it: the name of a token, or of the account that used the command line.
        query: the query string of the search.
        webhook: where changes of its rooms are reported.
        waiting: how many messages wait to be delivered.
        delivered_at: when the last message was delivered; None if none was.
        failing_since: when the first attempt failed since the last success; None if none did.
        failure: what was wrong with the last attempt.
        disabled_at: since when nothing is reported; None if it is enabled.
        disabled_reason: why it is disabled.
    """

    id: UUID
    owner: str
    name: str
    query: str
    webhook: str
    created_at: datetime
    waiting: int = 0
    delivered_at: datetime | None = None
    failing_since: datetime | None = None
    failure: str | None = None
    disabled_at: datetime | None = None
    disabled_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """The state of all notifications.

    Attributes:
        enabled, disabled: how many searches there are.
        waiting: how many messages wait; at most 100,001 are counted.
        age: for how many seconds the oldest message waits, of searches that do not fail.
        idle: how many seconds ago `rentomatic notify` last looked for changes; None for never.
        outcomes: how often an attempt had each outcome.
    """

    enabled: int = 0
    disabled: int = 0
    waiting: int = 0
    age: float = 0.0
    idle: float | None = None
    outcomes: Mapping[str, int] = field(default_factory=dict)


class SavedSearches(Protocol):
    """Saved searches; not every store has them.

    `owner` limits a method to the searches of one owner; None is for the operator, who sees all.
    Every method raises RepositoryUnavailableError while the store cannot answer.
    """

    def add(self, request: SavedSearchRequest, owner: str, sealed: str) -> SavedSearch:
        """Save a search with its encrypted secret.

        Raises:
            TooManySearchesError: if the owner has MAX_SEARCHES.
        """

    def list(self, owner: str | None) -> tuple[SavedSearch, ...]:
        """Return the searches, in the order in which they were saved."""

    def get(self, search: UUID, owner: str | None) -> SavedSearch | None:
        """Find a search."""

    def remove(self, search: UUID, owner: str | None) -> bool:
        """Remove a search and what waits for it; return whether it existed."""

    def test(self, search: UUID, owner: str | None) -> str | None:
        """Queue a test message; return its id, or None if there is no such search.

        Raises:
            SearchDisabledError: if it is disabled.
            TooManyWaitingError: if MAX_WAITING messages of the search wait.
        """

    def enable(self, search: UUID, owner: str | None) -> str | None:
        """Enable a search, and queue a message to start again.

        Returns the message's id, or None if there is no such search.
        """

    def backlog(self) -> Backlog:
        """Return the state of all notifications."""
