"""Saved searches in PostgreSQL."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from rentomatic.formats.notifications import Message, make_test_message, restart_message
from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.saved_searches import (
    MAX_SEARCHES,
    MAX_WAITING,
    Backlog,
    SavedSearch,
    SearchDisabledError,
    TooManySearchesError,
    TooManyWaitingError,
)
from rentomatic.repository.statement import Statement, load
from rentomatic.requests.saved_search import SavedSearchRequest

ENABLED = "the search was enabled again"


class PostgresSearches:
    """Keeps searches in the table `saved_search`; safe to share between threads."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        texts = ("id", "owner", "name", "query", "webhook", "host", "secret")
        self._add = load("search_add", (*texts, "most"))
        self._list = load("search_list", ("owner", "id"))
        self._remove = load("search_remove", ("owner", "id"))
        self._lock = load("search_lock", ("owner", "ids"))
        self._enable = load("search_enable", ("id",))
        self._secrets = load("search_secrets")
        self._reseal = load("search_reseal", ("id", "secret"))
        self._queue = load("notification_add", ("searches", "messages", "bodies"))
        self._overflowing = load("notification_overflowing", ("searches", "most"))
        self._backlog = load("notification_backlog")

    def add(self, request: SavedSearchRequest, owner: str, sealed: str) -> SavedSearch:
        """Save a search with its encrypted secret."""
        search = uuid4()
        values = {
            "id": search,
            "owner": owner,
            "name": request.name,
            "query": request.query,
            "webhook": request.webhook,
            "host": (urlsplit(request.webhook).hostname or "").rstrip("."),
            "secret": sealed,
            "most": MAX_SEARCHES,
        }
        with self._connections.transaction() as connection:
            rows = connection.run(self._add.text(), values)
        if not rows:
            raise TooManySearchesError
        ((created_at,),) = rows
        return SavedSearch(search, owner, request.name, request.query, request.webhook, created_at)

    def list(self, owner: str | None) -> tuple[SavedSearch, ...]:
        """Return the searches, in the order in which they were saved."""
        return self._find({"owner": owner})

    def get(self, search: UUID, owner: str | None) -> SavedSearch | None:
        """Find a search."""
        return next(iter(self._find({"owner": owner, "id": search})), None)

    def _find(self, values: Mapping[str, object]) -> tuple[SavedSearch, ...]:
        text, values = _given(self._list, values)
        rows = self._connections.read(lambda connection: connection.run(text, values))
        return tuple(_search(row) for row in rows)

    def remove(self, search: UUID, owner: str | None) -> bool:
        """Remove a search and what waits for it."""
        text, values = _given(self._remove, {"owner": owner, "id": search})
        with self._connections.transaction() as connection:
            return bool(connection.run(text, values))

    def test(self, search: UUID, owner: str | None) -> str | None:
        """Queue a test message."""
        with self._connections.transaction() as connection:
            text, values = _given(self._lock, {"owner": owner, "ids": [search]})
            for _, name, disabled_reason in connection.run(text, values):
                if disabled_reason is not None:
                    raise SearchDisabledError(disabled_reason)
                full = {"searches": [search], "most": MAX_WAITING - 1}
                if connection.run(self._overflowing.text(), full):
                    raise TooManyWaitingError
                return self._send(connection, make_test_message(search, name))
        return None

    def enable(self, search: UUID, owner: str | None) -> str | None:
        """Enable a search, which gets a message to start again."""
        with self._connections.transaction() as connection:
            text, values = _given(self._lock, {"owner": owner, "ids": [search]})
            for _, name, _ in connection.run(text, values):
                connection.run(self._enable.text(), {"id": search})
                return self._send(connection, restart_message(search, name, ENABLED))
        return None

    def _send(self, connection: Connection, message: Message) -> str:
        values = {
            "searches": [message.search],
            "messages": [message.id],
            "bodies": [message.body],
        }
        connection.run(self._queue.text(), values)
        return message.id

    def reseal(self, change: Callable[[str], str]) -> int:
        """Change all encrypted secrets in one transaction; return how many there are."""
        with self._connections.transaction() as connection:
            rows = connection.run(self._secrets.text())
            for search, sealed in rows:
                values = {"id": search, "secret": change(sealed)}
                connection.run(self._reseal.text(), values)
            return len(rows)

    def backlog(self) -> Backlog:
        """Return the state of all notifications."""
        text = self._backlog.text()
        rows: list[Any] = self._connections.read(lambda connection: connection.named(text))
        first = rows[0]
        outcomes = {row.outcome: row.count for row in rows if row.outcome is not None}
        return Backlog(
            *(first.enabled, first.disabled, first.waiting, first.age, first.idle), outcomes
        )


def _given(
    statement: Statement, values: Mapping[str, object]
) -> tuple[bytes, Mapping[str, object]]:
    """Return a statement with only the conditions that are given, and their values."""
    kept = {name: value for name, value in values.items() if value is not None}
    return statement.text(frozenset(kept)), kept


def _search(row: tuple[Any, ...]) -> SavedSearch:
    # The columns are those of the class, in order.
    return SavedSearch(*row)
