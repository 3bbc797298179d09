"""The description of each operation, by the name of its handler."""

from collections.abc import Mapping
from dataclasses import dataclass

from rentomatic.domain.room_map import COUNTED_ROOMS
from rentomatic.domain.room_summary import SUMMARIZED_ROOMS
from rentomatic.requests.parameters import BATCH_PARAMETERS, CHANGES_PARAMETERS, Parameter
from rentomatic.requests.room_feed import FEED_ROOMS
from rentomatic.requests.room_similar import COMPARED_ROOMS, REACH
from rentomatic.wsgi.arguments import (
    FEED_QUERY,
    LANGUAGE_QUERY,
    MAP_QUERY,
    RELAXATIONS_QUERY,
    ROOM_QUERY,
    SEARCH_QUERY,
    SIMILAR_QUERY,
    SUMMARY_QUERY,
)
from rentomatic.wsgi.openapi import successes
from rentomatic.wsgi.openapi.successes import Success
from rentomatic.wsgi.routing import Operation, Route


@dataclass(frozen=True, slots=True)
class Description:
    """What an operation does.

    Attributes:
        headers: components of those of its requests, except those of all operations.
        failures: statuses other than those of a bad request and a bug.
        sent: the schema of its JSON body, if that is not a room.
    """

    summary: str
    successes: tuple[Success, ...]
    parameters: tuple[Parameter, ...] = ()
    headers: tuple[str, ...] = ()
    failures: tuple[int, ...] = ()
    help: str = ""
    sent: str = ""


_WRITING = (401, 403, 503)
# Of requests whose body is read; with a key it always is.
_LIMITS = (408, 413)
_SENDING = (*_WRITING, *_LIMITS, 415)

_DESCRIPTIONS: Mapping[str, Description] = {
    "room_list": Description(
        "Search rooms",
        (successes.ROOMS, successes.PLACES, successes.NEAR_PLACE),
        SEARCH_QUERY,
        failures=(406, 503),
        help="Returns the rooms that pass all filters and lie within `bbox` and `radius`, "
        "page by page: while there are more, `Link` has the `next` page.",
    ),
    "room_add": Description(
        "Add a room, or a batch of them",
        (successes.ADDED, successes.IMPORTED),
        BATCH_PARAMETERS,
        headers=("Idempotency-Key",),
        failures=(*_SENDING, 409),
        help="Adds a room, with a new `code` unless one is given. With an "
        "`Idempotency-Key` it is added once, however often it is sent. A batch adds rooms "
        "or replaces those with the same code: all of them or, if a line is bad, none, "
        "and each bad line is reported.",
    ),
    "room_summary": Description(
        "Count, bounds and spread of a search's rooms",
        (successes.SUMMARY,),
        SUMMARY_QUERY,
        failures=(406, 503),
        help="Returns the number of rooms, the box around them, and how size and price are "
        "distributed, for sliders, histograms and maps. If more than about "
        f"{SUMMARIZED_ROOMS:,} rooms affect the result, `estimated` is true: the numbers are "
        "estimated from a sample, and amounts, cities and places beyond them may exist. If no "
        "more than that are selected, only the histograms that ignore a filter are estimated.",
    ),
    "room_map": Description(
        "A search's rooms on a map, counted in cells",
        (successes.MAP,),
        MAP_QUERY,
        failures=(406, 503),
        help="Returns the cells of a grid that have rooms, each with their number, the lowest "
        "price and the mean place, and with the `code` of the room if there is only one. The map "
        "is `bbox`, or else the box around `near` and `radius`, or else the world. If more than "
        f"about {COUNTED_ROOMS:,} rooms are selected, `estimated` is true: the counts are "
        "estimated from a sample, cells with few rooms may be missing, and cheaper rooms may "
        "exist.",
    ),
    "room_relaxations": Description(
        "Which single change of a search finds more rooms",
        (successes.RELAXATIONS,),
        RELAXATIONS_QUERY,
        failures=(406, 503),
        help="For a search that finds nothing: changes one condition at a time and keeps all "
        "others. A limit, `bbox` and the radii become the nearest value that finds a room which "
        "the search does not find; filters by `eq`, `ne`, `in` and `null`, `q` and `filter` are "
        "removed. Only changes that find such a room are returned, the smallest first: by the "
        "relative change of the value (of a date, a year is 100 %; of a coordinate, a degree; of "
        "`bbox`, by its diagonal), then the removals, those that find the most rooms first. If "
        "only several changes together find a room, there are none.",
    ),
    "room_feed": Description(
        "The newest rooms of a search, as an Atom feed",
        (successes.FEED,),
        FEED_QUERY,
        headers=("If-Modified-Since",),
        failures=(404, 406, 503),
        help=f"Returns at most {FEED_ROOMS} rooms that pass all filters, the latest added first, "
        "for feed readers (RFC 4287). With `price_falls=true` it also has those whose last change "
        "of price was a fall; their entries say the former price.",
    ),
    "room_changes": Description(
        "What was added, updated and removed since a cursor",
        (successes.CHANGES,),
        CHANGES_PARAMETERS,
        failures=(401, 404, 406, 410, 503),
        help="To keep a copy of all rooms: request `since=now`, then read "
        "`/rooms?limit=none`, and from then on request the changes since the `next` of the "
        "previous answer. Every change is delivered exactly once, those of a room in "
        "order; the first ones may repeat what you have read with the rooms. If changes "
        "may be missing, because they are no longer kept or a backup was restored, the "
        "answer is 410: start again. Only token holders see who made a change.",
    ),
    "room_get": Description(
        "One room",
        (successes.ROOM,),
        ROOM_QUERY,
        failures=(404, 406, 503),
    ),
    "room_similar": Description(
        "Rooms that are similar to it",
        (successes.SIMILAR,),
        SIMILAR_QUERY,
        failures=(404, 406, 503),
        help="Returns the rooms that pass all filters, from the most similar one. Rooms differ by "
        "their distance in kilometres, plus |ln(a/b)| / ln 1.25 of their prices and of their "
        "sizes: a kilometre counts as much as a price that is a quarter higher. The "
        f"{COMPARED_ROOMS:,} nearest rooms within {REACH // 1000} km are compared.",
    ),
    "room_replace": Description(
        "Replace or add it",
        (successes.REPLACED, successes.PUT),
        headers=("If-Match", "If-None-Match.any", "Idempotency-Key"),
        failures=(*_SENDING, 404, 412, 409),
        help="Replaces the room with this code, or adds it. A `code` in the body must be "
        "the same as in the path.",
    ),
    "room_update": Description(
        "Change some of its fields",
        (successes.CHANGED,),
        headers=("If-Match", "Idempotency-Key"),
        failures=(*_SENDING, 404, 412, 409),
        help="Changes the fields in the body (RFC 7396). The code cannot change.",
    ),
    "room_remove": Description(
        "Remove it",
        (successes.REMOVED,),
        headers=("If-Match", "Idempotency-Key"),
        failures=(*_WRITING, *_LIMITS, 404, 412, 409),
    ),
    "search_add": Description(
        "Save a search, whose rooms a webhook reports",
        (successes.SAVED,),
        failures=(*_SENDING, 404, 409),
        help="Saves a search: `query` is the query string of `GET /rooms`, with filters, `q`, "
        "`filter`, `bbox`, `near`, `radius` and `radius_min` only. From now on, which of its rooms "
        "are added, changed or removed, and which rooms enter or leave it, is sent to `webhook` as "
        "the Standard Webhooks specification says. The answer has the `secret` that signs the "
        "messages; it is not shown again.",
        sent="NewSearch",
    ),
    "search_list": Description(
        "Your saved searches",
        (successes.SEARCHES,),
        failures=(401, 403, 404, 503),
        help="Returns the searches that were saved with a token of the same name, in the order in "
        "which they were saved.",
    ),
    "search_get": Description(
        "A saved search, and how its deliveries go",
        (successes.SEARCH,),
        failures=(401, 403, 404, 503),
    ),
    "search_remove": Description(
        "Remove it",
        (successes.SEARCH_REMOVED,),
        failures=(*_WRITING, 404),
        help="Removes the search and the messages that wait; one that is being sent may still "
        "arrive.",
    ),
    "search_test": Description(
        "Send a test message to its webhook",
        (successes.QUEUED,),
        failures=(*_WRITING, 404, 409),
        help="Queues a message of the type `search.test` behind those that wait. Whether it was "
        "delivered shows in the search.",
    ),
    "search_enable": Description(
        "Enable it after it was disabled",
        (successes.QUEUED,),
        failures=(*_WRITING, 404),
        help="Enables the search as if it had just been saved. A message of the type "
        "`rooms.restart` replaces those that wait.",
    ),
    "openapi": Description(
        "This service as an OpenAPI document", (successes.DOCUMENT,), failures=(406,)
    ),
    "docs": Description(
        "The contents of this document as web pages",
        (successes.PAGE,),
        LANGUAGE_QUERY,
        failures=(406,),
    ),
    "docs_page": Description(
        "One of these pages: an operation, or what operations share",
        (successes.PAGE,),
        LANGUAGE_QUERY,
        failures=(404, 406),
    ),
    "live": Description("The process is up", (successes.LIVE,)),
    "ready": Description(
        "The database answers, is migrated and accepts writes", (successes.READY,), failures=(503,)
    ),
    "metrics": Description(
        "Metrics for Prometheus, if turned on", (successes.METRICS,), failures=(404,)
    ),
    "asset": Description("A picture that the service ships", (successes.PICTURE,), failures=(404,)),
    # Pages with forms are not part of the OpenAPI document.
    "new_room": Description("A form to add a room", ()),
    "take_new_room": Description("Processes it", ()),
    "edit_room": Description("A form to change a room", ()),
    "take_edited_room": Description("Processes it", ()),
    "confirm_removal": Description("A form to remove a room", ()),
    "take_removal": Description("Processes it", ()),
    "new_import": Description("A form to upload a file of rooms", ()),
    "take_file": Description("Processes it", ()),
    "preview": Description("What importing an uploaded file would do", ()),
    "take_import": Description("Imports it", ()),
    "show_result": Description("What an import did", ()),
    "sign_in": Description("A form to sign in with a token", ()),
    "take_token": Description("Processes it", ()),
    "sign_out": Description("Signs out", ()),
    "home": Description("Redirects to `/rooms`", (successes.HOME,)),
    "robots": Description("Which pages crawlers may read", (successes.ROBOTS,)),
    "favicon": Description("No content", (successes.NOTHING,)),
}


def description_of(operation: Operation) -> Description:
    """Return the description of an operation."""
    return _DESCRIPTIONS[operation.handler.__name__]


def summary_of(route: Route) -> str:
    """Summarize the operations of a resource in one line."""
    first, *others = (description_of(each).summary for each in route.operations.values())
    return "; ".join([first, *(f"{each[0].lower()}{each[1:]}" for each in others)])
