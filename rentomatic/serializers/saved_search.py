"""The JSON of saved searches."""

from collections.abc import Iterable, Mapping

from rentomatic.formats.json import dump_value
from rentomatic.repository.saved_searches import SavedSearch

# Shown only if there is something to say.
_OPTIONAL = ("delivered_at", "failing_since", "failure", "disabled_at", "disabled_reason")


def search_to_wire(search: SavedSearch, secret: str | None = None) -> Mapping[str, object]:
    """Return a search in the order in which it is shown; with its secret, if it is new."""
    return {
        "id": search.id,
        "name": search.name,
        "query": search.query,
        "webhook": search.webhook,
        **({} if secret is None else {"secret": secret}),
        "created_at": search.created_at,
        "waiting": search.waiting,
        **{name: value for name in _OPTIONAL if (value := getattr(search, name)) is not None},
    }


def dump_search(search: SavedSearch, secret: str | None = None) -> bytes:
    """Write a search."""
    return dump_value(search_to_wire(search, secret))


def dump_searches(searches: Iterable[SavedSearch]) -> bytes:
    """Write searches."""
    return dump_value({"searches": [search_to_wire(each) for each in searches]})


def dump_queued(message: str) -> bytes:
    """Write the id of a message that waits."""
    return dump_value({"message": message})
