"""What is sent with requests that write."""

from collections.abc import Mapping
from dataclasses import dataclass

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS
from rentomatic.wsgi.json_body import MERGE_PATCH
from rentomatic.wsgi.openapi.schemas import Schema, reference


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent.

    Attributes:
        contents: its schema in each media type that is taken.
    """

    contents: Mapping[str, Schema]


_ROOM = {JSON: reference("NewRoom")}
ROOM = Body(_ROOM)
ROOMS = Body({**_ROOM, **{name: reference("Batch") for name in BATCH_FORMATS}})
CHANGE = Body({MERGE_PATCH: reference("RoomChange")})
