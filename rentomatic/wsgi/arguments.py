"""Turn the parameters of an HTTP request into arguments for the request builders."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any
from uuid import UUID

from rentomatic.domain.room import FIELDS
from rentomatic.formats.table import FORMATS, IMPORT_FORMATS
from rentomatic.requests.base import InvalidRequest, ParameterError, with_errors
from rentomatic.requests.parameters import (
    BATCH_PARAMETERS,
    CHANGES_PARAMETERS,
    FEED_PARAMETERS,
    MAP_PARAMETERS,
    ON_ERROR,
    SEARCH_PARAMETERS,
    SELECTION_PARAMETERS,
    SIMILAR_PARAMETERS,
    Parameter,
)
from rentomatic.requests.parsers import closest, shown, shown_name
from rentomatic.requests.room_changes import RoomChangesRequest, build_room_changes_request
from rentomatic.requests.room_feed import RoomFeedRequest, build_room_feed_request
from rentomatic.requests.room_fields import (
    FILTER_KEYS,
    OPERATORS,
    Takes,
    names_field,
    operand_schema,
    suggest_filter_key,
)
from rentomatic.requests.room_import import OnError
from rentomatic.requests.room_list import UNLIMITED, RoomListRequest, build_room_list_request
from rentomatic.requests.room_map import RoomMapRequest, build_room_map_request
from rentomatic.requests.room_relaxations import (
    RoomRelaxationsRequest,
    build_room_relaxations_request,
)
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.room_similar import RoomSimilarRequest, build_room_similar_request
from rentomatic.requests.room_summary import RoomSummaryRequest, build_room_summary_request
from rentomatic.serializers.room_map import MAP_FORMATS
from rentomatic.wsgi.pages.choice import LANG, PAGE, wants_page
from rentomatic.wsgi.pages.languages import LANGUAGES
from rentomatic.wsgi.query import FILTER_PREFIX, FORMAT, Query, parse_query
from rentomatic.wsgi.request import Request


def _filter(key: str, field: str, operator: str) -> Parameter:
    takes = OPERATORS[operator].takes
    meaning = OPERATORS[operator].meaning + (" this" if takes is Takes.VALUE else "")
    return Parameter(
        f"{FILTER_PREFIX}{key}",
        takes.value,
        f"rooms whose {field} is {meaning}",
        operand_schema(FIELDS[field], operator),
    )


_FILTERS = tuple(_filter(key, *names) for key, names in FILTER_KEYS.items())
# The names of all formats and what they are.
_DATA_FORMATS = {each.name: each.help for each in FORMATS.values()}
_FORMATS = _DATA_FORMATS | {PAGE: "a page for people"}


def _described(formats: Mapping[str, str]) -> str:
    """List formats, with what each is."""
    return ", ".join(f"`{name}` {what}" for name, what in formats.items())


_FORMAT = Parameter(
    FORMAT,
    " or ".join(_FORMATS),
    f"overrides `Accept`; {_described(_FORMATS)}",
    {"type": "string", "enum": list(_FORMATS)},
    next(iter(_FORMATS)),
)
PLACE = "place"
_PLACE = Parameter(
    PLACE,
    "name",
    "a town; redirects to the same search with `near` and `radius`, or lists the towns of this "
    "name; after a comma, its country or region",
    {"type": "string", "minLength": 1},
)
_LANG = Parameter(
    LANG,
    " or ".join(LANGUAGES),
    "the language of a page, instead of the one that `Accept-Language` prefers",
    {"type": "string", "enum": list(LANGUAGES)},
    next(iter(LANGUAGES)),
)

# What each parameter that chooses a form of the answer may be.
_CHOICES: Mapping[str, Collection[str]] = {FORMAT: _FORMATS, LANG: LANGUAGES}

# The query parameters of a search, a summary and a room.
SEARCH_QUERY = (*_FILTERS, *SEARCH_PARAMETERS, _PLACE, _FORMAT, _LANG)
SUMMARY_QUERY = (*_FILTERS, *SELECTION_PARAMETERS)
# A search is relaxed from its first page on.
RELAXATIONS_QUERY = (*_FILTERS, *(each for each in SEARCH_PARAMETERS if each.name != "after"))
ROOM_QUERY = (_FORMAT, _LANG)
LANGUAGE_QUERY = (_LANG,)
MAP_QUERY = (
    *_FILTERS,
    *MAP_PARAMETERS,
    Parameter(
        FORMAT,
        " or ".join(MAP_FORMATS),
        "overrides `Accept`",
        {"type": "string", "enum": list(MAP_FORMATS)},
        next(iter(MAP_FORMATS)),
        title="format-of-map",
    ),
)
FEED_QUERY = (
    *_FILTERS,
    *FEED_PARAMETERS,
    replace(_LANG, help="the language of the feed", title="lang-of-feed"),
)
SIMILAR_QUERY = (
    *_FILTERS,
    *SIMILAR_PARAMETERS,
    Parameter(
        FORMAT,
        " or ".join(FORMATS),
        f"overrides `Accept`; {_described(_DATA_FORMATS)}",
        {"type": "string", "enum": list(FORMATS)},
        next(iter(FORMATS)),
        title="format-of-similar",
    ),
)

# Errors for parameters that belong to another operation.
_ELSEWHERE = {ON_ERROR: f"is only for a POST of {', '.join(IMPORT_FORMATS)}; set its Content-Type"}

# Common names of our parameters for which the closest match would be the wrong one.
_MEANT = {
    "cursor": "after",
    **dict.fromkeys(("lat", "lon", "lng"), "near"),
    **dict.fromkeys(("radius_max", "max_radius"), "radius"),
    "min_radius": "radius_min",
    **dict.fromkeys(("query", "search", "text", "words", "keyword", "keywords"), "q"),
}

# Arguments for a builder, errors, and the parameters whose errors are already among these.
_Given = tuple[dict[str, Any], list[ParameterError], AbstractSet[str]]

_FILTER_NAMES = {each.name for each in _FILTERS}
_SEARCH_NAMES = {each.name for each in SEARCH_QUERY}
_SUMMARY_NAMES = {each.name for each in SUMMARY_QUERY}
RELAXATION_NAMES = {each.name for each in RELAXATIONS_QUERY}
_MAP_NAMES = {each.name for each in MAP_QUERY}
_FEED_NAMES = {each.name for each in FEED_QUERY}
_SIMILAR_NAMES = {each.name for each in SIMILAR_QUERY}
_CHANGES_NAMES = {each.name for each in CHANGES_PARAMETERS}
_BATCH_NAMES = {each.name for each in BATCH_PARAMETERS}
_ROOM_NAMES = {each.name for each in ROOM_QUERY}


def read_search(request: Request, default_limit: int) -> RoomListRequest | InvalidRequest:
    """Read which rooms are searched for, and how."""
    arguments, errors, spoilt = _split(request.query, _SEARCH_NAMES)
    errors += _choice_errors({name: arguments.pop(name, None) for name in _CHOICES})
    # A place has become near and radius, unless it is wrong.
    arguments.pop(PLACE, None)
    arguments.setdefault("limit", default_limit)
    if arguments["limit"] == UNLIMITED and request.is_http_1_0:
        message = "none needs HTTP/1.1, in which clients can see that an answer was cut short"
        errors.append(ParameterError("limit", message))
    if arguments["limit"] == UNLIMITED and wants_page(request):
        errors.append(ParameterError("limit", "none cannot be used with a page for people"))
    search = build_room_list_request(**arguments)
    return with_errors(search, errors, spoilt) if errors else search


def read_summary(request: Request) -> RoomSummaryRequest | InvalidRequest:
    """Read which rooms to summarize."""
    arguments, errors, spoilt = _split(request.query, _SUMMARY_NAMES)
    return with_errors(build_room_summary_request(**arguments), errors, spoilt)


def read_selection(text: str) -> RoomSelection | InvalidRequest:
    """Read which rooms the query string of a saved search selects, given as text."""
    query = parse_query(text.encode("utf-8", "surrogatepass").decode("latin-1"))
    arguments, errors, spoilt = _split(query, _SUMMARY_NAMES)
    return with_errors(build_room_summary_request(**arguments), errors, spoilt)


def read_relaxations(
    request: Request, *, are_all_known: bool = False
) -> RoomRelaxationsRequest | InvalidRequest:
    """Read which search to relax; `are_all_known` leaves out what only a page has."""
    known = _SEARCH_NAMES if are_all_known else RELAXATION_NAMES
    arguments, errors, spoilt = _split(request.query, known)
    for name in known - RELAXATION_NAMES:
        arguments.pop(name, None)
    return with_errors(build_room_relaxations_request(**arguments), errors, spoilt)


def read_map(request: Request) -> RoomMapRequest | InvalidRequest:
    """Read which rooms to map."""
    arguments, errors, spoilt = _split(request.query, _MAP_NAMES)
    errors += _choice_errors({FORMAT: arguments.pop(FORMAT, None)}, {FORMAT: MAP_FORMATS})
    return with_errors(build_room_map_request(**arguments), errors, spoilt)


def read_feed(request: Request) -> RoomFeedRequest | InvalidRequest:
    """Read which rooms a feed has."""
    arguments, errors, spoilt = _split(request.query, _FEED_NAMES)
    errors += _choice_errors({LANG: arguments.pop(LANG, None)})
    return with_errors(build_room_feed_request(**arguments), errors, spoilt)


def read_similar(
    request: Request, code: UUID, default_limit: int
) -> RoomSimilarRequest | InvalidRequest:
    """Read which rooms to compare with a room."""
    arguments, errors, spoilt = _split(request.query, _SIMILAR_NAMES)
    errors += _choice_errors({FORMAT: arguments.pop(FORMAT, None)}, {FORMAT: FORMATS})
    arguments.setdefault("limit", default_limit)
    return with_errors(build_room_similar_request(code, **arguments), errors, spoilt)


def read_changes(request: Request) -> RoomChangesRequest | InvalidRequest:
    """Read which changes are wanted."""
    arguments, errors, spoilt = _read(request.query, request.query.values, _CHANGES_NAMES)
    return with_errors(build_room_changes_request(**arguments), errors, spoilt)


def read_format(request: Request) -> list[ParameterError]:
    """Return the errors of a request whose only parameters are the format and the language."""
    return _read_choices(request, _ROOM_NAMES)


def read_document_format(request: Request) -> list[ParameterError]:
    """Return the errors of a request for a document that is JSON or a page."""
    given = request.query.values
    errors = [*request.query.errors, *unknown_parameters(given, _ROOM_NAMES)]
    choices = {**_CHOICES, FORMAT: ("json", PAGE)}
    return errors + _choice_errors({name: given.get(name) for name in _ROOM_NAMES}, choices)


def read_language(request: Request) -> list[ParameterError]:
    """Return the errors of a request whose only parameter is the language."""
    return _read_choices(request, {LANG})


def read_batch(request: Request, others: Sequence[ParameterError]) -> OnError | InvalidRequest:
    """Read how to handle bad lines of a batch; report other errors of the request as well."""
    given = request.query.values
    on_error = given.get(ON_ERROR, OnError.STOP)
    errors = [*request.query.errors, *unknown_parameters(given, _BATCH_NAMES), *others]
    if on_error not in list(OnError):
        message = f"must be {' or '.join(OnError)}, not {shown(on_error)}"
        errors.append(
            ParameterError(ON_ERROR, message, suggestion=closest(on_error, list(OnError)))
        )
    return InvalidRequest(tuple(errors)) if errors else OnError(on_error)


def read_nothing(request: Request) -> list[ParameterError]:
    """Return the errors of a request that takes no parameters."""
    given = request.query.values
    unknown = [name for name in given if name not in _ELSEWHERE]
    misplaced = [ParameterError(name, use) for name, use in _ELSEWHERE.items() if name in given]
    return [*request.query.errors, *unknown_parameters(unknown, ()), *misplaced]


def read_form_page(request: Request, *others: str) -> list[ParameterError]:
    """Return the errors of a page with a form, which may have other parameters as well."""
    choices = {FORMAT, LANG}
    given = {name: each for name, each in request.query.values.items() if name not in others}
    errors = [*request.query.errors, *unknown_parameters(given, {*choices, *others})]
    return errors + _choice_errors({name: given.get(name) for name in choices})


def _read_choices(request: Request, known: AbstractSet[str]) -> list[ParameterError]:
    given = request.query.values
    errors = [*request.query.errors, *unknown_parameters(given, known)]
    return errors + _choice_errors({name: given.get(name) for name in known})


def _choice_errors(
    given: Mapping[str, str | None], choices: Mapping[str, Collection[str]] = _CHOICES
) -> list[ParameterError]:
    """Return an error for each parameter that is not one of its values."""
    return [
        ParameterError(
            name,
            f"must be one of {', '.join(choices[name])}, not {shown(value)}",
            suggestion=closest(value, choices[name]),
        )
        for name, value in given.items()
        if value and value not in choices[name]
    ]


def unknown_parameters(given: Collection[str], known: Collection[str]) -> list[ParameterError]:
    """Return an error for each unknown parameter."""
    return [
        ParameterError(
            shown_name(name),
            f"Parameter {shown_name(name)} cannot be used",
            suggestion=_suggest(name, known),
        )
        for name in given
        if name not in known
    ]


def _suggest(name: str, known: Collection[str]) -> str | None:
    """Guess which parameter was meant, but never one with the opposite meaning."""
    if (meant := _MEANT.get(name.lower())) in known:
        return meant
    if names_field(name):
        meant = f"{FILTER_PREFIX}{suggest_filter_key(name)}"
        if meant in known:
            return meant
        known = [each for each in known if each not in _FILTER_NAMES]
    return closest(name, known)


def _split(query: Query, known: AbstractSet[str]) -> _Given:
    """Separate the filters, which their builder checks, from the other parameters."""
    filters, others = {}, {}
    for name, value in query.values.items():
        if name.startswith(FILTER_PREFIX):
            filters[name.removeprefix(FILTER_PREFIX)] = value
        else:
            others[name] = value
    arguments, errors, spoilt = _read(query, others, known)
    return {"filters": filters, **arguments}, errors, spoilt


def _read(query: Query, given: Mapping[str, str], known: AbstractSet[str]) -> _Given:
    """Read parameters; one that was malformed or misspelt counts as given."""
    if not query.errors and given.keys() <= known:
        return dict(given), [], set()
    errors = [*query.errors, *unknown_parameters(given, known)]
    reported = {each.parameter for each in errors} | {each.suggestion for each in errors}
    spoilt = {name for name in known if name in reported and name not in given}
    spoilt = {name for name in spoilt if not name.startswith(FILTER_PREFIX)}
    arguments = {name: value for name, value in given.items() if name in known}
    return {**arguments, **dict.fromkeys(spoilt, "")}, errors, spoilt
