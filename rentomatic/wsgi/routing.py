"""Which handler answers which path and method; HEAD, OPTIONS and 405 follow from the table."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from rentomatic.domain.kinds import PICTURES
from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.requests.parsers import closest, parse_uuid, shown
from rentomatic.wsgi.failure import HttpFailure, Outcome
from rentomatic.wsgi.form_body import URL_ENCODED, WITH_FILE
from rentomatic.wsgi.handlers import (
    assets,
    changes,
    documents,
    health,
    imports,
    ogc,
    relaxations,
    room_feed,
    room_forms,
    room_removals,
    room_similar,
    room_writes,
    rooms,
    searches,
    signing,
    site,
)
from rentomatic.wsgi.handlers.assets import parse_asset
from rentomatic.wsgi.handlers.imports import parse_digest
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS
from rentomatic.wsgi.json_body import MERGE_PATCH
from rentomatic.wsgi.ogc import links

Handler = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class Operation:
    """What a method does with a resource.

    Attributes:
        media_types: of a body; empty if it takes none.
        is_kept: whether our own nginx may cache its answers for a second.
        reads_token: whether an optional token makes a difference.
        needs_token: whether a read needs a token, as every write does.
        may_lag: whether a replica may answer who is not known, if one page of rooms is asked for.
        is_form: whether it shows or takes a form; who is signed in is known by a cookie then.
    """

    handler: Handler
    media_types: tuple[str, ...] = ()
    is_kept: bool = False
    reads_token: bool = False
    needs_token: bool = False
    may_lag: bool = False
    is_form: bool = False


# What a segment of a path names; its parser, which may raise ValueError; and the expected form.
Converter = tuple[str, Callable[[str], object], str]

# By their names in templates: `{code:uuid}`.
_CONVERTERS: Mapping[str, Converter] = {
    "uuid": ("room", parse_uuid, "a UUID"),
    "search": ("saved search", parse_uuid, "a UUID"),
    "document": ("page", str, "one that /docs lists"),
    "digest": ("uploaded file", parse_digest, "32 hexadecimal digits"),
    "asset": ("file", parse_asset, f"one of {', '.join(PICTURES)}, or one that a page loads"),
}
_SEGMENT = re.compile(r"\{(\w+):(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A resource.

    Attributes:
        template: its path; `{name:converter}` matches one segment, which the handlers get by
            name, converted.
        tag: its group in the documents.
        operations: by method; HEAD follows from GET.
        path: the template without its converters: `/rooms/{code}`.
    """

    template: str
    tag: str
    operations: Mapping[str, Operation]
    path: str = field(init=False)
    pattern: re.Pattern[str] = field(init=False)
    converters: Mapping[str, Converter] = field(init=False)

    def __post_init__(self) -> None:
        path = _SEGMENT.sub(r"{\1}", self.template)
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
        converters = {name: _CONVERTERS[each] for name, each in _SEGMENT.findall(self.template)}
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "pattern", re.compile(pattern))
        object.__setattr__(self, "converters", converters)

    def convert(self, segments: Mapping[str, str]) -> dict[str, object] | HttpFailure:
        """Convert the segments of a path; a malformed one is a 404."""
        values = {}
        for name, text in segments.items():
            noun, parse, form = self.converters[name]
            try:
                values[name] = parse(text)
            except ValueError:
                message = f"There is no {noun} with the {name} {shown(text)}; a {name} is {form}"
                return HttpFailure(HTTPStatus.NOT_FOUND, message)
        return values

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods for `Allow`."""
        reads = ("GET", "HEAD") if "GET" in self.operations else ()
        return (*reads, "OPTIONS", *(each for each in self.operations if each != "GET"))


# The groups that the OpenAPI document does not describe: pages with forms, and OGC API Features,
# which has an OpenAPI document of its own.
FORMS = "Forms"
OGC = "OGC"


def _search(handler: Handler) -> Mapping[str, Operation]:
    """Return the operation of what is made from many rooms."""
    return {"GET": Operation(handler, is_kept=True, may_lag=True)}


def _form(show: Handler, take: Handler, media_type: str = URL_ENCODED) -> Mapping[str, Operation]:
    """Return the operations of a page with a form."""
    return {
        "GET": Operation(show, is_form=True),
        "POST": Operation(take, (media_type,), is_form=True),
    }


ROUTES = (
    Route(
        "/rooms",
        "Rooms",
        {
            "GET": Operation(rooms.room_list, is_kept=True, may_lag=True),
            "POST": Operation(room_writes.room_add, (JSON, *BATCH_FORMATS)),
        },
    ),
    Route("/rooms/summary", "Rooms", _search(rooms.room_summary)),
    Route("/rooms/map", "Rooms", _search(rooms.room_map)),
    Route("/rooms/relaxations", "Rooms", _search(relaxations.room_relaxations)),
    Route("/rooms/feed", "Rooms", _search(room_feed.room_feed)),
    Route("/rooms/changes", "Rooms", {"GET": Operation(changes.room_changes, reads_token=True)}),
    Route("/rooms/new", FORMS, _form(room_forms.new_room, room_forms.take_new_room)),
    Route(
        "/rooms/{code:uuid}/edit", FORMS, _form(room_forms.edit_room, room_forms.take_edited_room)
    ),
    Route(
        "/rooms/{code:uuid}/remove",
        FORMS,
        _form(room_removals.confirm_removal, room_removals.take_removal),
    ),
    Route("/import", FORMS, _form(imports.new_import, imports.take_file, WITH_FILE)),
    Route("/import/done", FORMS, {"GET": Operation(imports.show_result, is_form=True)}),
    Route("/import/{digest:digest}", FORMS, _form(imports.preview, imports.take_import)),
    Route("/sign-in", FORMS, _form(signing.sign_in, signing.take_token)),
    Route("/sign-out", FORMS, {"POST": Operation(signing.sign_out, (URL_ENCODED,), is_form=True)}),
    Route(
        "/rooms/{code:uuid}",
        "Rooms",
        {
            "GET": Operation(rooms.room_get, is_kept=True),
            "PUT": Operation(room_writes.room_replace, (JSON,)),
            "PATCH": Operation(room_writes.room_update, (MERGE_PATCH,)),
            "DELETE": Operation(room_writes.room_remove),
        },
    ),
    Route(
        "/rooms/{code:uuid}/similar",
        "Rooms",
        _search(room_similar.room_similar),
    ),
    Route(
        "/searches",
        "Saved searches",
        {
            "GET": Operation(searches.search_list, needs_token=True),
            "POST": Operation(searches.search_add, (JSON,)),
        },
    ),
    Route(
        "/searches/{id:search}",
        "Saved searches",
        {
            "GET": Operation(searches.search_get, needs_token=True),
            "DELETE": Operation(searches.search_remove),
        },
    ),
    Route(
        "/searches/{id:search}/test",
        "Saved searches",
        {"POST": Operation(searches.search_test)},
    ),
    Route(
        "/searches/{id:search}/enable",
        "Saved searches",
        {"POST": Operation(searches.search_enable)},
    ),
    Route("/openapi.json", "Documents", {"GET": Operation(documents.openapi)}),
    Route("/docs", "Documents", {"GET": Operation(documents.docs)}),
    Route("/docs/{page:document}", "Documents", {"GET": Operation(documents.docs_page)}),
    Route("/health/live", "Health", {"GET": Operation(health.live)}),
    Route("/health/ready", "Health", {"GET": Operation(health.ready)}),
    Route("/metrics", "Health", {"GET": Operation(health.metrics)}),
    Route("/assets/{name:asset}", "Site", {"GET": Operation(assets.asset)}),
    Route("/", "Site", {"GET": Operation(site.home)}),
    Route("/robots.txt", "Site", {"GET": Operation(site.robots)}),
    Route("/favicon.ico", "Site", {"GET": Operation(site.favicon)}),
    *(Route(path, OGC, {"GET": Operation(ogc.ogc_document)}) for path in links.DOCUMENTS),
    Route(links.ROOT, OGC, {"GET": Operation(ogc.ogc_landing)}),
    Route(f"{links.ROOT}/", OGC, {"GET": Operation(ogc.ogc_landing)}),
    Route(links.COLLECTIONS, OGC, _search(ogc.ogc_collections)),
    Route(links.COLLECTION, OGC, _search(ogc.ogc_collection)),
    Route(links.ITEMS, OGC, _search(ogc.ogc_items)),
    Route(f"{links.ITEMS}/{{code:uuid}}", OGC, {"GET": Operation(ogc.ogc_item, is_kept=True)}),
)

API = tuple(each for each in ROUTES if each.tag not in {FORMS, OGC})

Found = tuple[Route, dict[str, str]]


def find_route(path: str) -> Found | None:
    """Return the route of a path and its segments."""
    for route in ROUTES:
        if match := route.pattern.fullmatch(path):
            return route, match.groupdict()
    return None


def nothing_at(path: str) -> HttpFailure:
    """Say that no route matches a path, and which one was probably meant."""
    suggestion = _meant(path, [each.path for each in ROUTES if not each.converters])
    hint = f"; did you mean {suggestion}?" if suggestion else ""
    return HttpFailure(HTTPStatus.NOT_FOUND, f"There is nothing at {shown(path)}{hint}")


def _meant(path: str, known: Sequence[str]) -> str | None:
    """Return a path that is spelt nearly the same, else the one below which this one is."""
    above = [each for each in known if each != "/" and path.startswith(f"{each}/")]
    return closest(path, known, 0.85) or max(above, key=len, default=closest(path, known, 0.75))
