"""What happened to a room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rentomatic.domain.room import Room


class ChangeKind(StrEnum):
    """The kinds of change."""

    ADDED = "added"
    UPDATED = "updated"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class RoomChange:
    """A change of a room.

    Attributes:
        kind: what happened.
        made_at: when the transaction began that did it, in UTC.
        made_by: the name of the token, or of the role of the database, that did it.
        code: the room's.
        room: as it was afterwards; None once it was removed.
    """

    kind: ChangeKind
    made_at: datetime
    made_by: str
    code: UUID
    room: Room | None = None
