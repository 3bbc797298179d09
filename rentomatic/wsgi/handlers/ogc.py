"""The rooms as a layer: OGC API Features (OGC 17-069r4, 19-079r2)."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from uuid import UUID

from rentomatic.domain.geography import Box
from rentomatic.formats.geojson import MEDIA_TYPE as GEOJSON
from rentomatic.formats.geojson import dump_collection, dump_feature
from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.formats.json import dump_value
from rentomatic.repository.results import Page
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_get import RoomGetRequest
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_order import parse_sort
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.responses import ResponseFailure
from rentomatic.use_cases.room_count import room_count_use_case
from rentomatic.use_cases.room_get import room_get_use_case
from rentomatic.use_cases.room_list import room_list_use_case
from rentomatic.wsgi.arguments import read_document_format, read_nothing
from rentomatic.wsgi.conditional import entity_tag
from rentomatic.wsgi.failure import Outcome, unacceptable
from rentomatic.wsgi.handlers.searching import cached, canonical, next_cursor, without_search
from rentomatic.wsgi.negotiation import preferred
from rentomatic.wsgi.ogc.documents import collection, collections, landing
from rentomatic.wsgi.ogc.items import read_items
from rentomatic.wsgi.ogc.links import (
    API,
    COLLECTION,
    FEATURE_SCHEMA,
    ITEMS,
    OPENAPI,
    OPENAPI_3_0,
    QUERYABLES,
    RELATIONS,
    ROOT,
    SCHEMA,
    SCHEMA_JSON,
    Node,
    as_header,
    collection_links,
    link,
)
from rentomatic.wsgi.pages.choice import wants_page
from rentomatic.wsgi.pages.ogc import ogc_page
from rentomatic.wsgi.pages.rendering import as_page
from rentomatic.wsgi.query import quoted
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import HTML, Answer
from rentomatic.wsgi.service import Service

# More rooms of a search are not counted.
MOST_MATCHED = 100_000
_ALL = 10**9

_SCHEMAS = (QUERYABLES, SCHEMA, FEATURE_SCHEMA)
_EDGES = ("longitude", "latitude", "-longitude", "-latitude")


def ogc_document(service: Service, request: Request) -> Outcome:
    """Return a document that does not depend on the rooms."""
    offered = {API: (OPENAPI, JSON), **dict.fromkeys(_SCHEMAS, (SCHEMA_JSON, JSON))}
    body = service.documents.ogc[request.path]
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    chosen = preferred(request.accept, offered.get(request.path, (JSON,)))
    if not chosen:
        return unacceptable(offered.get(request.path, (JSON,)))
    media_type = OPENAPI_3_0 if chosen == OPENAPI else chosen
    tag = entity_tag(service.release, body, media_type)
    return Answer(HTTPStatus.OK, body, media_type, tag=tag)


def ogc_landing(service: Service, request: Request) -> Outcome:
    """Return the landing page."""
    return _show(service, request, landing(service.base))


def ogc_collections(service: Service, request: Request) -> Outcome:
    """List the layers: there is one."""
    return _show_layer(service, request, collections)


def ogc_collection(service: Service, request: Request) -> Outcome:
    """Describe the layer of rooms."""
    return _show_layer(service, request, collection)


def ogc_items(service: Service, request: Request) -> Outcome:
    """Search rooms."""
    return cached(service, request, _items)


def ogc_item(service: Service, request: Request, code: UUID) -> Outcome:
    """Return one room."""
    if errors := read_nothing(request):
        return InvalidRequest(tuple(errors))
    if not preferred(request.accept, (GEOJSON, JSON)):
        return unacceptable((GEOJSON,))
    response = room_get_use_case(service.stores.repository, RoomGetRequest(code))
    if not response:
        return response
    base = service.base
    links = [
        link(f"{base}{ITEMS}/{code}", "self", "This room", GEOJSON),
        link(f"{base}{COLLECTION}", "collection", "The layer"),
    ]
    body = dump_feature(response.value, {"links": links})
    return Answer(HTTPStatus.OK, body, GEOJSON, tag=entity_tag(body, GEOJSON))


def _show(service: Service, request: Request, document: Node) -> Outcome:
    """Return a document, or a page about it."""
    if errors := read_document_format(request):
        return InvalidRequest(tuple(errors))
    if wants_page(request):
        address = f"{service.base}{ROOT}"
        body = ogc_page(request, address, document["links"])
        return as_page(Answer(HTTPStatus.OK, body, tag=entity_tag(service.release, body)))
    if not preferred(request.accept, (JSON,)):
        return unacceptable((JSON, HTML))
    body = dump_value(document)
    return Answer(HTTPStatus.OK, body, tag=entity_tag(service.release, body))


def _show_layer(
    service: Service, request: Request, describe: Callable[[str, Box | None], Node]
) -> Outcome:
    extent = _extent(service)
    if isinstance(extent, ResponseFailure):
        return extent
    return _show(service, request, describe(service.base, extent))


def _extent(service: Service) -> Box | ResponseFailure | None:
    """Return the box around all rooms; the first room of an order is found quickly."""
    edges: list[float] = []
    for edge in _EDGES:
        first = RoomListRequest(limit=1, order=parse_sort(edge))
        response = room_list_use_case(service.stores.repository, first)
        if not response:
            return response
        edges.extend(getattr(room, edge.removeprefix("-")) for room in response.value.rooms)
    return Box(*edges) if len(edges) == len(_EDGES) else None


def _items(service: Service, request: Request) -> Outcome:
    search = read_items(request, service.limits.rooms)
    if isinstance(search, InvalidRequest):
        return search
    if not preferred(request.accept, (GEOJSON, JSON)):
        return unacceptable((GEOJSON,))
    name = canonical(request, search.limit)
    tag_of = partial(entity_tag, service.release, service.base, name)
    if (other := without_search(service, request, tag_of)) is not None:
        return other
    response = room_list_use_case(service.stores.repository, search)
    if not response:
        return response
    page, rooms = response.value, list(response.value.rooms)
    members: Node = {"numberReturned": len(rooms)}
    if (matched := _matched(service, search, page)) is not None:
        members["numberMatched"] = matched
    members["links"] = _links(service, request, next_cursor(search, page))
    # Without a version of the data, the tag is a digest of what does not depend on the time.
    state = dump_collection(rooms, members) if page.version is None else page.version
    members["timeStamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = dump_collection(rooms, members)
    headers = (("Link", ", ".join(map(as_header, members["links"]))),)
    return Answer(HTTPStatus.OK, body, GEOJSON, headers, tag=tag_of(state), version=page.version)


def _matched(service: Service, search: RoomListRequest, page: Page) -> int | None:
    """Count all rooms on the first page; None if that would take long.

    The number must be exact (OGC 17-069r4, section 7.16.1): GDAL reads no more rooms than that.
    """
    if search.after is not None:
        return None
    if page.next is None:
        return len(list(page.rooms))
    # GDAL asks for the number of all rooms each time it opens the layer.
    most = _ALL if search.selection == RoomSelection() else MOST_MATCHED
    response = room_count_use_case(service.stores.repository, search, most)
    if not response or not response.value.is_exact or response.value.count > most:
        return None
    return response.value.count


def _links(service: Service, request: Request, after: str | None) -> list[Node]:
    """Link to this page, the next one, and the layer."""
    items = f"{service.base}{ITEMS}"
    sent = dict(request.query.sent)
    links = [link(_address(items, sent.values()), "self", "This page", GEOJSON)]
    if after:
        query = [*(pair for name, pair in sent.items() if name != "after"), f"after={after}"]
        links.append(link(_address(items, query), "next", "The next page", GEOJSON))
    others = collection_links(service.base)
    return [
        *links,
        link(f"{service.base}{COLLECTION}", "collection", "The layer"),
        *(each for each in others if each["rel"] == f"{RELATIONS}queryables"),
    ]


def _address(items: str, query: Iterable[str]) -> str:
    joined = quoted("&".join(query))
    return f"{items}?{joined}" if joined else items
