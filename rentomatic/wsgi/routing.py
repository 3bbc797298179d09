"""Which handler answers which path and method; HEAD, OPTIONS and 405 follow from the table."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rentomatic.requests.parsers import closest
from rentomatic.wsgi.handlers import health, rooms, site
from rentomatic.wsgi.response import Answer

Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """A resource.

    Attributes:
        template: its path; `{name}` stands for one segment, which its handlers get by name.
        handlers: by method; HEAD follows from GET.
        summary: what it is, as documentation says it.
    """

    template: str
    handlers: Mapping[str, Handler]
    summary: str
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.template))
        object.__setattr__(self, "pattern", re.compile(pattern))

    @property
    def methods(self) -> tuple[str, ...]:
        """What `Allow` lists."""
        reads = ("GET", "HEAD") if "GET" in self.handlers else ()
        return (*reads, "OPTIONS", *(each for each in self.handlers if each != "GET"))


ROUTES = (
    Route("/rooms", {"GET": rooms.room_list}, "Search rooms"),
    Route("/rooms/summary", {"GET": rooms.room_summary}, "What a search's rooms have in common"),
    Route("/rooms/{code}", {"GET": rooms.room_get}, "One room"),
    Route("/health/live", {"GET": health.live}, "The process is up"),
    Route("/health/ready", {"GET": health.ready}, "The database answers and is migrated"),
    Route("/", {"GET": site.home}, "Leads to `/rooms`"),
    Route("/robots.txt", {"GET": site.robots}, "Keeps crawlers out"),
    Route("/favicon.ico", {"GET": site.favicon}, "Nothing, quietly"),
)


def find_route(path: str) -> tuple[Route, dict[str, str]] | None:
    """Find the resource at a path, and the segments that its handlers want."""
    for route in ROUTES:
        if match := route.pattern.fullmatch(path):
            return route, match.groupdict()
    return None


def suggest_path(path: str) -> str | None:
    """Guess which path was meant."""
    return closest(path, [each.template for each in ROUTES if "{" not in each.template], 0.75)
