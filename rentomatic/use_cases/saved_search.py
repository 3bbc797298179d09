"""Save, list, remove and test searches."""

from base64 import b64encode
from dataclasses import dataclass, field
from secrets import token_bytes
from uuid import UUID

from rentomatic.repository.saved_searches import (
    MAX_SEARCHES,
    MAX_WAITING,
    SavedSearch,
    SavedSearches,
    SearchDisabledError,
    TooManySearchesError,
    TooManyWaitingError,
)
from rentomatic.requests.saved_search import SavedSearchRequest
from rentomatic.responses import (
    SEARCHES_NEED_KEY,
    SEARCHES_NEED_POSTGRES,
    Response,
    ResponseFailure,
    ResponseSuccess,
    ResponseTypes,
)
from rentomatic.sealing import Sealer
from rentomatic.use_cases.outcomes import use_case

# Of Standard Webhooks, which wants 24 to 64 bytes.
SECRET_PREFIX = "whsec_"  # noqa: S105 - what secrets begin with
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewSearch:
    """A search that was saved, and its signing secret, which is not shown again."""

    search: SavedSearch
    secret: str = field(repr=False)


def new_secret() -> str:
    """Generate a signing secret."""
    return SECRET_PREFIX + b64encode(token_bytes(_SECRET_BYTES)).decode()


def no_such_search(search: UUID) -> ResponseFailure:
    """Say that the caller has no such search."""
    return ResponseFailure(
        ResponseTypes.RESOURCE_ERROR, f"There is no saved search of yours with the id {search}"
    )


TOO_MANY = ResponseFailure(
    ResponseTypes.CONFLICT_ERROR,
    f"There are already {MAX_SEARCHES} saved searches of yours; remove one first",
)

TOO_MANY_WAIT = ResponseFailure(
    ResponseTypes.CONFLICT_ERROR,
    f"{MAX_WAITING} messages of the search wait already; its receiver must accept them first",
)


@use_case
def search_add_use_case(
    searches: SavedSearches | None,
    request: SavedSearchRequest,
    owner: str,
    sealer: Sealer | None,
) -> Response[NewSearch]:
    """Save a search; `sealer` is None where webhooks are not set up."""
    if searches is None:
        return SEARCHES_NEED_POSTGRES
    if sealer is None:
        return SEARCHES_NEED_KEY
    secret = new_secret()
    try:
        saved = searches.add(request, owner, sealer.seal(secret))
    except TooManySearchesError:
        return TOO_MANY
    return ResponseSuccess(NewSearch(saved, secret))


@use_case
def search_list_use_case(
    searches: SavedSearches | None, owner: str | None
) -> Response[tuple[SavedSearch, ...]]:
    """Return the searches of an owner, or all if that is None."""
    return SEARCHES_NEED_POSTGRES if searches is None else ResponseSuccess(searches.list(owner))


@use_case
def search_get_use_case(
    searches: SavedSearches | None, search: UUID, owner: str | None
) -> Response[SavedSearch]:
    """Return a search of an owner, or of anyone if that is None."""
    if searches is None:
        return SEARCHES_NEED_POSTGRES
    found = searches.get(search, owner)
    return ResponseSuccess(found) if found else no_such_search(search)


@use_case
def search_remove_use_case(
    searches: SavedSearches | None, search: UUID, owner: str | None
) -> Response[UUID]:
    """Remove a search of an owner, or of anyone if that is None."""
    if searches is None:
        return SEARCHES_NEED_POSTGRES
    is_removed = searches.remove(search, owner)
    return ResponseSuccess(search) if is_removed else no_such_search(search)


@use_case
def search_test_use_case(
    searches: SavedSearches | None, search: UUID, owner: str | None
) -> Response[str]:
    """Queue a test message for a search of an owner, or of anyone; return the message's id."""
    if searches is None:
        return SEARCHES_NEED_POSTGRES
    try:
        message = searches.test(search, owner)
    except SearchDisabledError as reason:
        return ResponseFailure(
            ResponseTypes.CONFLICT_ERROR, f"The search is disabled: {reason}; enable it first"
        )
    except TooManyWaitingError:
        return TOO_MANY_WAIT
    return ResponseSuccess(message) if message else no_such_search(search)


@use_case
def search_enable_use_case(
    searches: SavedSearches | None, search: UUID, owner: str | None
) -> Response[str]:
    """Enable a search of an owner, or of anyone; return the id of the message that says so."""
    if searches is None:
        return SEARCHES_NEED_POSTGRES
    message = searches.enable(search, owner)
    return ResponseSuccess(message) if message else no_such_search(search)
