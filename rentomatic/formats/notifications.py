"""The messages that webhooks send, in the form of Standard Webhooks: type, timestamp and data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from rentomatic.domain.room_change import RoomChange
from rentomatic.formats.json import dump_value
from rentomatic.formats.view import room_to_wire

# Of one message.
MAX_CHANGES = 50


class MessageType(StrEnum):
    """The types of message."""

    CHANGES = "rooms.changed"
    RESTART = "rooms.restart"
    TEST = "search.test"


class EventKind(StrEnum):
    """What happened to a room, as seen from a search."""

    ADDED = "added"
    ENTERED = "entered"
    CHANGED = "changed"
    LEFT = "left"
    REMOVED = "removed"


# A change of a room, and what it is to a search.
Event = tuple[EventKind, RoomChange]


@dataclass(frozen=True, slots=True)
class Message:
    """A message to the receiver of a search.

    Attributes:
        search: the id of the search.
        id: the same however often the message is sent.
        body: what is sent, JSON.
    """

    search: UUID
    id: str
    body: str


def changes_message(search: UUID, name: str, events: Sequence[Event]) -> Message:
    """Report changes of the rooms of a search."""
    return _message(MessageType.CHANGES, search, name, {"changes": list(map(_event, events))})


def restart_message(search: UUID, name: str, reason: str) -> Message:
    """Say that changes may be missing, so that the receiver must read all rooms again."""
    return _message(MessageType.RESTART, search, name, {"reason": reason})


def make_test_message(search: UUID, name: str) -> Message:
    """Make a test message."""
    return _message(MessageType.TEST, search, name, {})


def _event(event: Event) -> Mapping[str, object]:
    kind, change = event
    room = {"room": room_to_wire(change.room)} if change.room else {}
    return {"kind": kind, "at": change.made_at, "code": change.code, **room}


def _message(kind: MessageType, search: UUID, name: str, data: Mapping[str, object]) -> Message:
    body = {
        "type": kind,
        "timestamp": datetime.now(UTC),
        "data": {"search": {"id": search, "name": name}, **data},
    }
    return Message(search, f"msg_{uuid4().hex}", dump_value(body).decode())
