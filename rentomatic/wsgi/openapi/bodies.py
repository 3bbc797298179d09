"""What is sent with requests that write."""

from dataclasses import dataclass

from rentomatic.serializers.json import MEDIA_TYPE as JSON
from rentomatic.wsgi.body import MERGE_PATCH
from rentomatic.wsgi.openapi.schemas import Schema, reference


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent.

    Attributes:
        media_type: its media type, the only one that is taken.
        schema: what it is made of.
    """

    media_type: str
    schema: Schema


ROOM = Body(JSON, reference("NewRoom"))
CHANGE = Body(MERGE_PATCH, reference("RoomChange"))
