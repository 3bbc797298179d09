"""What each route answers when all is well."""

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
from rentomatic.wsgi.response import HTML, TEXT


@dataclass(frozen=True, slots=True)
class Success:
    """An answer.

    Attributes:
        help: what it is.
        contents: its schema in each media type; none for no body.
        examples: requests and answers.
        headers: names of those that not every answer has.
        status: its status.
    """

    help: str
    contents: Mapping[str, JsonSchema]
    examples: Examples = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    status: HTTPStatus = HTTPStatus.OK

    @property
    def is_tagged(self) -> bool:
        """Whether a client that has it already may ask if it is still the present one."""
        return TAG in self.headers


_STRING = {"type": "string"}


def _in_formats(schemas: Mapping[str, JsonSchema]) -> Mapping[str, JsonSchema]:
    """Give the schemas of all formats; what is no JSON is text."""
    return {each.media_type: schemas.get(each.media_type, _STRING) for each in FORMATS.values()}


ROOMS = Success(
    "The rooms that were found",
    _in_formats(
        {JSON: array_of("FoundRoom", "PartOfRoom"), GEOJSON: reference("RoomFeatureCollection")}
    ),
    examples.ROOMS,
    (TAG, "Link", "X-Total-Count", "X-Total-Count-Kind"),
)
ROOM = Success(
    "The room",
    _in_formats({JSON: reference("Room"), GEOJSON: reference("RoomFeature")}),
    examples.ROOM,
    (TAG,),
)
SUMMARY = Success(
    "What they have in common", {JSON: reference("Summary")}, examples.SUMMARY, (TAG, "Link")
)
_WRITTEN = {JSON: reference("Room")}
ADDED = Success(
    "The room is added", _WRITTEN, examples.ADDED, (TAG, "Location"), HTTPStatus.CREATED
)
IMPORTED = Success(
    "What was done with the rooms of a batch", {JSON: reference("BatchReport")}, examples.IMPORTED
)
REPLACED = Success("The room is replaced", _WRITTEN, examples.REPLACED, (TAG,))
PUT = Success("The room is added", _WRITTEN, examples.PUT, (TAG, "Location"), HTTPStatus.CREATED)
CHANGED = Success("The room as it is now", _WRITTEN, examples.CHANGED, (TAG,))
REMOVED = Success("The room is removed", {}, status=HTTPStatus.NO_CONTENT)
CHANGES = Success(
    "What has changed, and from where to go on",
    {JSON: reference("Changes")},
    examples.CHANGES,
    ("Link",),
)
LIVE = Success("It is up", {JSON: reference("Live")}, examples.LIVE)
READY = Success("It is ready", {JSON: reference("Ready")}, examples.READY)
METRICS = Success("Prometheus' text format", {TEXT: _STRING})
DOCUMENT = Success("An OpenAPI document", {JSON: {"type": "object"}}, headers=(TAG,))
PAGE = Success("A page", {HTML: _STRING}, headers=(TAG, "Content-Security-Policy"))
ROBOTS = Success("For crawlers", {TEXT: _STRING})
NOTHING = Success("Nothing", {}, status=HTTPStatus.NO_CONTENT)
HOME = Success("See there", {TEXT: _STRING}, headers=("Location",), status=HTTPStatus.SEE_OTHER)
