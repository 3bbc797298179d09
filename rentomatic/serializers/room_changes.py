"""The JSON of changes."""

from collections.abc import Sequence
from typing import Any

from rentomatic.domain.room_change import RoomChange
from rentomatic.formats.json import dump_value
from rentomatic.formats.view import room_to_wire


def dump_changes(
    changes: Sequence[RoomChange], cursor: str, *, is_last: bool, shows_actor: bool = False
) -> bytes:
    """Write changes as a JSON object, with the cursor of the next ones."""
    shown = [change_to_wire(change, shows_actor=shows_actor) for change in changes]
    return dump_value({"changes": shown, "next": cursor, "more": not is_last})


def change_to_wire(change: RoomChange, *, shows_actor: bool) -> dict[str, Any]:
    """Return a change in the order in which it is shown; a removal has no room."""
    who = {"by": change.actor} if shows_actor else {}
    room = {"room": room_to_wire(change.room)} if change.room else {}
    return {"kind": change.kind, "at": change.made_at, **who, "code": change.code, **room}
