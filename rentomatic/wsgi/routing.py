"""Which handler answers which path and method; HEAD, OPTIONS and 405 follow from the table."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from rentomatic.requests.parameters import BATCH_PARAMETERS, CHANGES_PARAMETERS, Parameter
from rentomatic.requests.parsers import closest, parse_uuid, shown
from rentomatic.wsgi.failure import HttpFailure, Outcome
from rentomatic.wsgi.handlers import changes, documents, health, room_writes, rooms, site
from rentomatic.wsgi.openapi import bodies, successes
from rentomatic.wsgi.openapi.bodies import Body
from rentomatic.wsgi.openapi.headers import IDEMPOTENCY_KEY, IF_MATCH, ONLY_ADD, Header
from rentomatic.wsgi.openapi.successes import Success
from rentomatic.wsgi.parameters import ROOM_PARAMETERS, SEARCH_PARAMETERS, SUMMARY_PARAMETERS

Handler = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class Operation:
    """What a method does with a resource.

    Attributes:
        handler: answers it.
        summary: what it does, as documentation says it.
        successes: what it answers when all is well.
        parameters: what its query may hold.
        headers: what else a request may say, besides what every request may.
        body: what is sent.
        failures: what may go wrong besides a bad request and a bug.
        help: how to use it, where there is more to say.
        is_kept: whether our own nginx may keep its answers for a moment.
        tells_owners_more: whether who has a token, which it does not need, is told more.
    """

    handler: Handler
    summary: str
    successes: tuple[Success, ...]
    parameters: tuple[Parameter, ...] = ()
    headers: tuple[Header, ...] = ()
    body: Body | None = None
    failures: tuple[HTTPStatus, ...] = ()
    help: str = ""
    is_kept: bool = False
    tells_owners_more: bool = False

    @property
    def media_types(self) -> tuple[str, ...]:
        """What a body may be."""
        return tuple(self.body.contents) if self.body else ()


@dataclass(frozen=True, slots=True)
class Converter:
    """How a segment of a path is read.

    Attributes:
        parse: reads it; raises ValueError if it is not what it should be.
        form: what it should be.
    """

    parse: Callable[[str], object]
    form: str


# By the names that templates use: `{code:uuid}`.
_CONVERTERS = {"uuid": Converter(parse_uuid, "a UUID")}
_SEGMENT = re.compile(r"\{(\w+):(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A resource.

    Attributes:
        template: its path; `{name:converter}` stands for one segment, which its handlers get by
            name, converted.
        tag: what it belongs to.
        operations: by method; HEAD follows from GET.
        pattern: matches its paths.
        converters: by the name of the segment.
    """

    template: str
    tag: str
    operations: Mapping[str, Operation]
    pattern: re.Pattern[str] = field(init=False)
    converters: Mapping[str, Converter] = field(init=False)

    def __post_init__(self) -> None:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        converters = {name: _CONVERTERS[each] for name, each in _SEGMENT.findall(self.template)}
        object.__setattr__(self, "pattern", re.compile(pattern))
        object.__setattr__(self, "converters", converters)

    @property
    def path(self) -> str:
        """The template without its converters, as documents show it: `/rooms/{code}`."""
        return _SEGMENT.sub(r"{\1}", self.template)

    def convert(self, segments: Mapping[str, str]) -> dict[str, object] | HttpFailure:
        """Convert the segments of a path; one that cannot be is the name of nothing."""
        values = {}
        for name, text in segments.items():
            converter = self.converters[name]
            try:
                values[name] = converter.parse(text)
            except ValueError:
                message = (
                    f"There is no room with the {name} {shown(text)}; a {name} is {converter.form}"
                )
                return HttpFailure(HTTPStatus.NOT_FOUND, message)
        return values

    @property
    def methods(self) -> tuple[str, ...]:
        """What `Allow` lists."""
        reads = ("GET", "HEAD") if "GET" in self.operations else ()
        return (*reads, "OPTIONS", *(each for each in self.operations if each != "GET"))

    @property
    def summary(self) -> str:
        """What can be done with it, in one line."""
        first, *others = (each.summary for each in self.operations.values())
        return "; ".join([first, *(f"{each[0].lower()}{each[1:]}" for each in others)])


_NOT_FOUND = HTTPStatus.NOT_FOUND
_GONE = HTTPStatus.GONE
_UNACCEPTABLE = HTTPStatus.NOT_ACCEPTABLE
_UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE
_PRECONDITION = HTTPStatus.PRECONDITION_FAILED
_CONFLICT = HTTPStatus.CONFLICT
_WRITING = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, _UNAVAILABLE)
# A body, which is read where there is a key, may be too slow or too long.
_LIMITS = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_SENDING = (*_WRITING, *_LIMITS, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


ROUTES = (
    Route(
        "/rooms",
        "Rooms",
        {
            "GET": Operation(
                rooms.room_list,
                "Search rooms",
                (successes.ROOMS,),
                SEARCH_PARAMETERS,
                failures=(_UNACCEPTABLE, _UNAVAILABLE),
                help="Returns the rooms that pass all filters and lie within `bbox` and `radius`, "
                "page by page: while there are more, `Link` has the `next` page.",
                is_kept=True,
            ),
            "POST": Operation(
                room_writes.room_add,
                "Add a room, or a batch of them",
                (successes.ADDED, successes.IMPORTED),
                BATCH_PARAMETERS,
                headers=(IDEMPOTENCY_KEY,),
                body=bodies.ROOMS,
                failures=(*_SENDING, _CONFLICT),
                help="Adds a room, with a new `code` unless one is given. With an "
                "`Idempotency-Key` it is added once, however often it is sent. A batch adds rooms "
                "or replaces those with the same code: all of them or, if a line is bad, none, "
                "and each bad line is reported.",
            ),
        },
    ),
    Route(
        "/rooms/summary",
        "Rooms",
        {
            "GET": Operation(
                rooms.room_summary,
                "Count, bounds and spread of a search's rooms",
                (successes.SUMMARY,),
                SUMMARY_PARAMETERS,
                failures=(_UNACCEPTABLE, _UNAVAILABLE),
                help="Returns the number of rooms, the box around them, and how size and price are "
                "distributed, for sliders, histograms and maps.",
                is_kept=True,
            )
        },
    ),
    Route(
        "/rooms/changes",
        "Rooms",
        {
            "GET": Operation(
                changes.room_changes,
                "What was added, updated and removed since a cursor",
                (successes.CHANGES,),
                CHANGES_PARAMETERS,
                failures=(
                    HTTPStatus.UNAUTHORIZED,
                    _NOT_FOUND,
                    _UNACCEPTABLE,
                    _GONE,
                    _UNAVAILABLE,
                ),
                help="To keep a copy of all rooms: request `since=now`, then read "
                "`/rooms?limit=none`, and from then on request the changes since the `next` of the "
                "previous answer. Every change is delivered exactly once, those of a room in "
                "order; the first ones may repeat what you have read with the rooms. If changes "
                "may be missing, because they are no longer kept or a backup was restored, the "
                "answer is 410: start again. Only token holders see who made a change.",
                tells_owners_more=True,
            )
        },
    ),
    Route(
        "/rooms/{code:uuid}",
        "Rooms",
        {
            "GET": Operation(
                rooms.room_get,
                "One room",
                (successes.ROOM,),
                ROOM_PARAMETERS,
                failures=(_NOT_FOUND, _UNACCEPTABLE, _UNAVAILABLE),
                is_kept=True,
            ),
            "PUT": Operation(
                room_writes.room_replace,
                "Replace or add it",
                (successes.REPLACED, successes.PUT),
                headers=(IF_MATCH, ONLY_ADD, IDEMPOTENCY_KEY),
                body=bodies.ROOM,
                failures=(*_SENDING, _NOT_FOUND, _PRECONDITION, _CONFLICT),
                help="Replaces the room with this code, or adds it. A `code` in the body must be "
                "the same as in the path.",
            ),
            "PATCH": Operation(
                room_writes.room_update,
                "Change some of its fields",
                (successes.CHANGED,),
                headers=(IF_MATCH, IDEMPOTENCY_KEY),
                body=bodies.CHANGE,
                failures=(*_SENDING, _NOT_FOUND, _PRECONDITION, _CONFLICT),
                help="Changes the fields in the body (RFC 7396). The code cannot change.",
            ),
            "DELETE": Operation(
                room_writes.room_remove,
                "Remove it",
                (successes.REMOVED,),
                headers=(IF_MATCH, IDEMPOTENCY_KEY),
                failures=(*_WRITING, *_LIMITS, _NOT_FOUND, _PRECONDITION, _CONFLICT),
            ),
        },
    ),
    Route(
        "/openapi.json",
        "Documents",
        {
            "GET": Operation(
                documents.openapi,
                "This service as an OpenAPI document",
                (successes.DOCUMENT,),
                failures=(_UNACCEPTABLE,),
            )
        },
    ),
    Route(
        "/docs",
        "Documents",
        {
            "GET": Operation(
                documents.docs,
                "The same, for people",
                (successes.PAGE,),
                failures=(_UNACCEPTABLE,),
            )
        },
    ),
    Route(
        "/health/live",
        "Health",
        {"GET": Operation(health.live, "The process is up", (successes.LIVE,))},
    ),
    Route(
        "/health/ready",
        "Health",
        {
            "GET": Operation(
                health.ready,
                "The database answers and is migrated",
                (successes.READY,),
                failures=(_UNAVAILABLE,),
            )
        },
    ),
    Route(
        "/metrics",
        "Health",
        {
            "GET": Operation(
                health.metrics,
                "Metrics for Prometheus, if turned on",
                (successes.METRICS,),
                failures=(_NOT_FOUND,),
            )
        },
    ),
    Route("/", "Site", {"GET": Operation(site.home, "Redirects to `/rooms`", (successes.HOME,))}),
    Route(
        "/robots.txt",
        "Site",
        {"GET": Operation(site.robots, "Keeps crawlers out", (successes.ROBOTS,))},
    ),
    Route(
        "/favicon.ico",
        "Site",
        {"GET": Operation(site.favicon, "No content", (successes.NOTHING,))},
    ),
)


Found = tuple[Route, dict[str, str]]


def find_route(path: str) -> Found | None:
    """Find the resource at a path, and the segments that its handlers want."""
    for route in ROUTES:
        if match := route.pattern.fullmatch(path):
            return route, match.groupdict()
    return None


def nothing_at(path: str) -> HttpFailure:
    """Say that no route leads to a path, and which one was probably meant."""
    known = [each.path for each in ROUTES if not each.converters]
    suggestion = closest(path, known, 0.75)
    hint = f"; did you mean {suggestion}?" if suggestion else ""
    return HttpFailure(HTTPStatus.NOT_FOUND, f"There is nothing at {shown(path)}{hint}")
