"""The successful answers of each operation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from rentomatic.formats.geojson import MEDIA_TYPE as GEOJSON
from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.formats.table import FORMATS
from rentomatic.wsgi.openapi import examples
from rentomatic.wsgi.openapi.examples import Examples
from rentomatic.wsgi.openapi.headers import TAG
from rentomatic.wsgi.openapi.schemas import JsonSchema, array_of, reference
from rentomatic.wsgi.pages.assets import SVG
from rentomatic.wsgi.pages.feed import ATOM
from rentomatic.wsgi.response import HTML, TEXT


@dataclass(frozen=True, slots=True)
class Success:
    """A successful answer.

    Attributes:
        contents: its schema in each media type; empty without a body.
        headers: names of its headers, except those of every answer.
    """

    help: str
    contents: Mapping[str, JsonSchema]
    examples: Examples = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    status: HTTPStatus = HTTPStatus.OK


_STRING = {"type": "string"}


def _in_formats(schemas: Mapping[str, JsonSchema]) -> Mapping[str, JsonSchema]:
    """Return the schemas of all formats and of the page; those that are not JSON are text."""
    media_types = (*(each.media_type for each in FORMATS.values()), HTML)
    return {each: schemas.get(each, _STRING) for each in media_types}


ROOMS = Success(
    "The rooms that were found",
    _in_formats(
        {JSON: array_of("FoundRoom", "PartOfRoom"), GEOJSON: reference("RoomFeatureCollection")}
    ),
    examples.ROOMS,
    (TAG, "Link", "X-Total-Count", "X-Total-Count-Kind"),
)
PLACES = Success(
    "With `place`: several places have this name",
    {JSON: reference("Places"), HTML: _STRING},
    status=HTTPStatus.MULTIPLE_CHOICES,
)
NEAR_PLACE = Success(
    "With `place`: a redirect to the search near it",
    {TEXT: _STRING},
    headers=("Location",),
    status=HTTPStatus.SEE_OTHER,
)
ROOM = Success(
    "The room",
    _in_formats({JSON: reference("Room"), GEOJSON: reference("RoomFeature")}),
    examples.ROOM,
    (TAG, "Link"),
)
SIMILAR = Success(
    "Similar rooms, each with its distance from the room",
    {media_type: ROOMS.contents[media_type] for media_type in examples.SIMILAR},
    examples.SIMILAR,
    (TAG, "Link"),
)
SUMMARY = Success("The summary", {JSON: reference("Summary")}, examples.SUMMARY, (TAG, "Link"))
MAP = Success(
    "The map",
    {JSON: reference("Map"), GEOJSON: reference("MapFeatureCollection")},
    examples.MAP,
    (TAG, "Link"),
)
RELAXATIONS = Success(
    "The changes", {JSON: array_of("Relaxation")}, examples.RELAXATIONS, (TAG, "Link")
)
_WRITTEN = {JSON: reference("Room")}
ADDED = Success(
    "The room is added", _WRITTEN, examples.ADDED, (TAG, "Location"), HTTPStatus.CREATED
)
IMPORTED = Success("The result of the batch", {JSON: reference("BatchReport")}, examples.IMPORTED)
REPLACED = Success("The room is replaced", _WRITTEN, examples.REPLACED, (TAG,))
PUT = Success("The room is added", _WRITTEN, examples.PUT, (TAG, "Location"), HTTPStatus.CREATED)
CHANGED = Success("The room as it is now", _WRITTEN, examples.CHANGED, (TAG,))
REMOVED = Success("The room is removed", {}, status=HTTPStatus.NO_CONTENT)
CHANGES = Success(
    "The changes, and the cursor to continue from",
    {JSON: reference("Changes")},
    examples.CHANGES,
    ("Link",),
)
SAVED = Success(
    "The search is saved",
    {JSON: reference("SavedSearch")},
    examples.SAVED,
    ("Location",),
    HTTPStatus.CREATED,
)
SEARCHES = Success("Your searches", {JSON: reference("SavedSearches")})
SEARCH = Success("The search", {JSON: reference("SavedSearch")})
SEARCH_REMOVED = Success("The search is removed", {}, status=HTTPStatus.NO_CONTENT)
QUEUED = Success(
    "The message waits", {JSON: reference("QueuedMessage")}, status=HTTPStatus.ACCEPTED
)
FEED = Success("The feed", {ATOM: _STRING}, headers=(TAG, "Last-Modified"))
LIVE = Success("The process is up", {JSON: reference("Live")}, examples.LIVE)
READY = Success("The service is ready", {JSON: reference("Ready")}, examples.READY)
METRICS = Success("Metrics in the text format of Prometheus", {TEXT: _STRING})
DOCUMENT = Success("An OpenAPI document", {JSON: {"type": "object"}}, headers=(TAG,))
PAGE = Success("A page for people", {HTML: _STRING}, headers=(TAG, "Content-Security-Policy"))
PICTURE = Success("The picture", {SVG: _STRING}, headers=(TAG, "Content-Security-Policy"))
ROBOTS = Success("Rules for crawlers", {TEXT: _STRING})
NOTHING = Success("No content", {}, status=HTTPStatus.NO_CONTENT)
HOME = Success(
    "A redirect to the rooms", {TEXT: _STRING}, headers=("Location",), status=HTTPStatus.SEE_OTHER
)
