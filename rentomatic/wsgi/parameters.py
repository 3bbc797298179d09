"""The parameters of a request become arguments for the builders of requests."""

from collections.abc import Collection
from typing import Any

from rentomatic.requests.base import InvalidRequest, ParameterError, with_errors
from rentomatic.requests.parameters import LIST_PARAMETERS, SELECTION_PARAMETERS
from rentomatic.requests.parsers import closest, shown, shown_name
from rentomatic.requests.room_fields import FILTER_KEYS
from rentomatic.requests.room_list import UNLIMITED, RoomListRequest, build_room_list_request
from rentomatic.requests.room_summary import RoomSummaryRequest, build_room_summary_request
from rentomatic.serializers.formats import FORMATS
from rentomatic.wsgi.request import Request

FILTER_PREFIX = "filter_"
FORMAT = "format"

_FILTERS = tuple(f"{FILTER_PREFIX}{key}" for key in FILTER_KEYS)
_SELECTION = tuple(each.name for each in SELECTION_PARAMETERS)
_LIST = tuple(each.name for each in LIST_PARAMETERS)


def read_search(request: Request, default_limit: int) -> RoomListRequest | InvalidRequest:
    """Read which rooms are searched for, and how."""
    arguments, errors = _split(request, (*_LIST, FORMAT))
    errors += format_errors(arguments.pop(FORMAT, None))
    arguments.setdefault("limit", default_limit)
    if arguments["limit"] == UNLIMITED and request.is_http_1_0:
        message = "none needs HTTP/1.1, in which an answer that was cut short is seen as such"
        errors.append(ParameterError("limit", message))
    return with_errors(build_room_list_request(**arguments), errors)


def read_summary(request: Request) -> RoomSummaryRequest | InvalidRequest:
    """Read which rooms are to be summed up."""
    arguments, errors = _split(request, _SELECTION)
    return with_errors(build_room_summary_request(**arguments), errors)


def read_format(request: Request) -> list[ParameterError]:
    """Read a request whose only parameter is the format; give what is wrong with it."""
    given = request.query.values
    errors = [*request.query.errors, *unknown_parameters(given, (FORMAT,))]
    return errors + format_errors(given.get(FORMAT))


def read_nothing(request: Request) -> list[ParameterError]:
    """Read a request that has no parameters; give what is wrong with it."""
    return [*request.query.errors, *unknown_parameters(request.query.values, ())]


def format_errors(given: str | None) -> list[ParameterError]:
    """Tell what is wrong with the name of a format."""
    if given is None or given in FORMATS:
        return []
    message = f"must be one of {', '.join(FORMATS)}, not {shown(given)}"
    return [ParameterError(FORMAT, message, suggestion=closest(given, FORMATS))]


def unknown_parameters(given: Collection[str], known: Collection[str]) -> list[ParameterError]:
    """Tell which parameters there are not."""
    return [
        ParameterError(
            shown_name(name),
            f"Parameter {shown_name(name)} cannot be used",
            suggestion=closest(name, known),
        )
        for name in given
        if name not in known
    ]


def _split(request: Request, known: Collection[str]) -> tuple[dict[str, Any], list[ParameterError]]:
    """Tell filters, which their builder checks, from other parameters."""
    filters = {}
    others = {}
    for name, value in request.query.values.items():
        if name.startswith(FILTER_PREFIX):
            filters[name.removeprefix(FILTER_PREFIX)] = value
        else:
            others[name] = value
    errors = unknown_parameters(others, (*known, *_FILTERS))
    arguments = {name: value for name, value in others.items() if name in known}
    return {"filters": filters, **arguments}, [*request.query.errors, *errors]
