"""Which handler answers which path and method; HEAD, OPTIONS and 405 follow from the table."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rentomatic.requests.parameters import CHANGES_PARAMETERS, Parameter
from rentomatic.requests.parsers import closest
from rentomatic.responses import ResponseTypes
from rentomatic.wsgi.handlers import changes, documents, health, rooms, site
from rentomatic.wsgi.openapi import successes
from rentomatic.wsgi.openapi.successes import Success
from rentomatic.wsgi.parameters import ROOM_PARAMETERS, SEARCH_PARAMETERS, SUMMARY_PARAMETERS
from rentomatic.wsgi.response import Answer

Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """A resource.

    Attributes:
        template: its path; `{name}` stands for one segment, which its handlers get by name.
        handlers: by method; HEAD follows from GET.
        summary: what it is, as documentation says it.
        tag: what it belongs to.
        success: what it answers when all is well.
        parameters: what its query may hold.
        failures: what may go wrong besides a bad request and a bug.
        help: how to use it, where there is more to say.
        is_kept: whether our own nginx may keep its answers for a moment.
    """

    template: str
    handlers: Mapping[str, Handler]
    summary: str
    tag: str
    success: Success
    parameters: tuple[Parameter, ...] = ()
    failures: tuple[ResponseTypes, ...] = ()
    help: str = ""
    is_kept: bool = False
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.template))
        object.__setattr__(self, "pattern", re.compile(pattern))

    @property
    def methods(self) -> tuple[str, ...]:
        """What `Allow` lists."""
        reads = ("GET", "HEAD") if "GET" in self.handlers else ()
        return (*reads, "OPTIONS", *(each for each in self.handlers if each != "GET"))


_NOT_FOUND = ResponseTypes.RESOURCE_ERROR
_GONE = ResponseTypes.GONE_ERROR
_UNACCEPTABLE = ResponseTypes.NOT_ACCEPTABLE_ERROR
_UNAVAILABLE = ResponseTypes.UNAVAILABLE_ERROR

ROUTES = (
    Route(
        "/rooms",
        {"GET": rooms.room_list},
        "Search rooms",
        "Rooms",
        successes.ROOMS,
        SEARCH_PARAMETERS,
        (_UNACCEPTABLE, _UNAVAILABLE),
        "Gives the rooms that pass all filters and lie where `bbox`, `near` and `radius` want "
        "them. They come page by page: as long as there are more, `Link` leads to the `next` page.",
        is_kept=True,
    ),
    Route(
        "/rooms/summary",
        {"GET": rooms.room_summary},
        "What a search's rooms have in common",
        "Rooms",
        successes.SUMMARY,
        SUMMARY_PARAMETERS,
        (_UNACCEPTABLE, _UNAVAILABLE),
        "Tells how many there are, the box in which they lie, and how size and price are spread: "
        "for sliders, histograms and maps.",
        is_kept=True,
    ),
    Route(
        "/rooms/changes",
        {"GET": changes.room_changes},
        "What was added, updated and removed since a cursor",
        "Rooms",
        successes.CHANGES,
        CHANGES_PARAMETERS,
        (_NOT_FOUND, _UNACCEPTABLE, _GONE, _UNAVAILABLE),
        "To keep a copy of all rooms: take `since=now`, then read `/rooms?limit=none`, and from "
        "then on ask for the changes since the `next` of the answer before, which every answer "
        "has. None is missed and none comes twice; what was read with the rooms already may come "
        "once more. Where changes may be missing, as they are no longer kept or a backup was "
        "restored, that is told (410): begin anew.",
    ),
    Route(
        "/rooms/{code}",
        {"GET": rooms.room_get},
        "One room",
        "Rooms",
        successes.ROOM,
        ROOM_PARAMETERS,
        (_NOT_FOUND, _UNACCEPTABLE, _UNAVAILABLE),
        is_kept=True,
    ),
    Route(
        "/openapi.json",
        {"GET": documents.openapi},
        "This service as an OpenAPI document",
        "Documents",
        successes.DOCUMENT,
        failures=(_UNACCEPTABLE,),
    ),
    Route(
        "/docs",
        {"GET": documents.docs},
        "The same, to read",
        "Documents",
        successes.PAGE,
        failures=(_UNACCEPTABLE,),
    ),
    Route("/health/live", {"GET": health.live}, "The process is up", "Health", successes.LIVE),
    Route(
        "/health/ready",
        {"GET": health.ready},
        "The database answers and is migrated",
        "Health",
        successes.READY,
        failures=(_UNAVAILABLE,),
    ),
    Route(
        "/metrics",
        {"GET": health.metrics},
        "Counts for Prometheus, if a setting turns them on",
        "Health",
        successes.METRICS,
        failures=(_NOT_FOUND,),
    ),
    Route("/", {"GET": site.home}, "Leads to `/rooms`", "Site", successes.HOME),
    Route("/robots.txt", {"GET": site.robots}, "Keeps crawlers out", "Site", successes.ROBOTS),
    Route("/favicon.ico", {"GET": site.favicon}, "Nothing, quietly", "Site", successes.NOTHING),
)


Found = tuple[Route, dict[str, str]]


def find_route(path: str) -> Found | None:
    """Find the resource at a path, and the segments that its handlers want."""
    for route in ROUTES:
        if match := route.pattern.fullmatch(path):
            return route, match.groupdict()
    return None


def suggest_path(path: str) -> str | None:
    """Guess which path was meant."""
    return closest(path, [each.template for each in ROUTES if "{" not in each.template], 0.75)
