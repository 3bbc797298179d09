"""Changes of rooms."""

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
        made_at: when its transaction began, in UTC.
        actor: who made it: the name of a token or of a database role.
        code: the code of the room.
        room: the room after the change; None if it was removed.
        former: the room before the change; None if it was added, or if that was not read.
        transaction: the place of its transaction, as in ChangePosition; 0 if that was not read.
        number: its own, as in ChangePosition; 0 if that was not read.
    """

    kind: ChangeKind
    made_at: datetime
    actor: str
    code: UUID
    room: Room | None = None
    former: Room | None = None
    transaction: int = 0
    number: int = 0
