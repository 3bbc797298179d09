"""What each route does: a request and the service's parts in, an answer out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from rentomatic.repository.interface import RoomRepository
from rentomatic.requests.base import InvalidRequest, ParameterError, with_errors
from rentomatic.requests.parsers import closest, shown, shown_name
from rentomatic.requests.room_fields import FILTER_KEYS
from rentomatic.requests.room_get import build_room_get_request
from rentomatic.requests.room_list import UNLIMITED, RoomListRequest, build_room_list_request
from rentomatic.responses import (
    ResponseFailure,
    ResponseTypes,
    build_response_from_invalid_request,
)
from rentomatic.serializers.json import dump_room, dump_rooms, dump_value, stream_rooms
from rentomatic.use_cases.readiness import readiness_use_case
from rentomatic.use_cases.room_get import room_get_use_case
from rentomatic.use_cases.room_list import room_list_use_case
from rentomatic.wsgi.failure import answer_failure
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer

FILTER_PREFIX = "filter_"
LIST_PARAMETERS = (*(f"{FILTER_PREFIX}{key}" for key in FILTER_KEYS), "limit")


@dataclass(frozen=True, slots=True)
class Service:
    """What handlers work with."""

    repository: RoomRepository
    default_limit: int


def room_list(service: Service, request: Request) -> Answer:
    """Search rooms."""
    search = _read_search(service, request)
    streams = False
    if search and search.limit is None:
        streams = True
        if request.method == "HEAD":
            search = replace(search, limit=service.default_limit)
    response = room_list_use_case(service.repository, search)
    if not response:
        return answer_failure(response, request)
    # Pieces, and so no length, also in the headers that HEAD asks for.
    write = stream_rooms if streams else dump_rooms
    return Answer(HTTPStatus.OK, write(response.value))


def _read_search(service: Service, request: Request) -> RoomListRequest | InvalidRequest:
    filters = {}
    others = {}
    for name, value in request.query.values.items():
        if name.startswith(FILTER_PREFIX):
            filters[name.removeprefix(FILTER_PREFIX)] = value
        else:
            others[name] = value
    limit = others.pop("limit", service.default_limit)
    search = build_room_list_request(filters, limit)
    errors = [*request.query.errors, *_unknown(others, LIST_PARAMETERS)]
    if limit == UNLIMITED and request.is_http_1_0:
        message = "none needs HTTP/1.1, in which an answer that was cut short is seen as such"
        errors.append(ParameterError("limit", message))
    return with_errors(search, errors)


def room_get(service: Service, request: Request, code: str) -> Answer:
    """Show one room."""
    errors = (*request.query.errors, *_unknown(request.query.values, ()))
    if errors:
        failure = build_response_from_invalid_request(InvalidRequest(errors))
        return answer_failure(failure, request)
    wanted = build_room_get_request(code)
    if not wanted:
        message = f"There is no room with the code {shown(code)}; a code is a UUID"
        failure = ResponseFailure(ResponseTypes.RESOURCE_ERROR, message)
        return answer_failure(failure, request)
    response = room_get_use_case(service.repository, wanted)
    if not response:
        return answer_failure(response, request)
    return Answer(HTTPStatus.OK, dump_room(response.value))


def _unknown(given: Mapping[str, str], known: tuple[str, ...]) -> list[ParameterError]:
    return [
        ParameterError(
            shown_name(name),
            f"Parameter {shown_name(name)} cannot be used",
            suggestion=closest(name, known),
        )
        for name in given
    ]


def live(_service: Service, _request: Request) -> Answer:
    """Say that the process is up."""
    return Answer(HTTPStatus.OK, dump_value({"status": "live"}), cache="no-store")


def ready(service: Service, request: Request) -> Answer:
    """Say whether the database answers and has every migration that this release ships."""
    response = readiness_use_case(service.repository)
    if not response:
        return answer_failure(response, request)
    body = {"status": "ready", "newer_migrations": response.value.newer}
    return Answer(HTTPStatus.OK, dump_value(body), cache="no-store")


def home(_service: Service, _request: Request) -> Answer:
    """Send a visitor to the rooms."""
    return Answer(HTTPStatus.SEE_OTHER, b"/rooms\n", "text/plain", (("Location", "/rooms"),))


def robots(_service: Service, _request: Request) -> Answer:
    """Keep crawlers from following every search that there could be."""
    return Answer(HTTPStatus.OK, b"User-agent: *\nDisallow: /\n", "text/plain")


def favicon(_service: Service, _request: Request) -> Answer:
    """Answer browsers, which ask for it unbidden."""
    return Answer(HTTPStatus.NO_CONTENT, media_type=None, cache="public, max-age=86400")
