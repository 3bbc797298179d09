"""The one place where invalid requests and errors of a store become responses."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from rentomatic.repository.errors import (
    ChangesGoneError,
    RepositoryBusyError,
    RepositoryStandbyError,
    RepositoryTimeoutError,
    RepositoryUnavailableError,
    RepositoryUncertainError,
    RepositoryUnfitError,
    RepositoryWritesError,
)
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.responses import (
    CHANGES_GONE,
    ON_STANDBY,
    TOO_MANY_SEARCHES,
    TOO_MANY_STREAMS,
    TOO_MANY_WRITES,
    TOOK_TOO_LONG,
    UNAVAILABLE,
    UNCERTAIN,
    UNFIT,
    Response,
    ResponseFailure,
    build_response_from_invalid_request,
)

_RESPONSES: Mapping[type[RepositoryUnavailableError], ResponseFailure] = {
    RepositoryStandbyError: ON_STANDBY,
    RepositoryUncertainError: UNCERTAIN,
    RepositoryUnfitError: UNFIT,
    RepositoryWritesError: TOO_MANY_WRITES,
}

S = TypeVar("S")
R = TypeVar("R")
T = TypeVar("T")
P = ParamSpec("P")


@overload
def use_case(act: Callable[[S], Response[T]]) -> Callable[[S], Response[T]]: ...


@overload
def use_case(
    act: Callable[Concatenate[S, R, P], Response[T]],
) -> Callable[Concatenate[S, R | InvalidRequest, P], Response[T]]: ...


def use_case(act: Callable[..., Response[T]]) -> Callable[..., Response[T]]:
    """Make a use case respond to invalid requests, and to errors of its store.

    `act` takes a store, a valid request if it needs one, and what else it needs.
    """

    @wraps(act)
    def respond(store: object, *arguments: Any, **options: Any) -> Response[T]:  # noqa: ANN401 - what `act` takes
        request = arguments[0] if arguments else None
        if isinstance(request, InvalidRequest):
            return build_response_from_invalid_request(request)
        try:
            return act(store, *arguments, **options)
        except ChangesGoneError:
            return CHANGES_GONE
        except RepositoryUnavailableError as error:
            return unavailable(error, request)

    return respond


def unavailable(error: RepositoryUnavailableError, request: object = None) -> ResponseFailure:
    """Say what would help a client, and whether waiting does; the reason is for the log."""
    if isinstance(error, RepositoryBusyError):
        is_stream = isinstance(request, RoomListRequest) and request.limit is None
        return TOO_MANY_STREAMS if is_stream else TOO_MANY_SEARCHES
    if isinstance(error, RepositoryTimeoutError) and isinstance(request, RoomSelection):
        return TOOK_TOO_LONG
    return _RESPONSES.get(type(error), UNAVAILABLE)
