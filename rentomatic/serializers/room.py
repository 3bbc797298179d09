"""What a room looks like outside."""

import json
from typing import Any

from rentomatic.domain.room import Room


def room_to_wire(room: Room) -> dict[str, Any]:
    """Give a room's fields in the order in which they are shown."""
    return {
        "code": room.code,
        "size": room.size,
        "price": room.price,
        "latitude": room.latitude,
        "longitude": room.longitude,
    }


class RoomJsonEncoder(json.JSONEncoder):
    """Teaches the standard library's `json` to write rooms."""

    def default(self, o: Any) -> Any:  # noqa: ANN401 - the standard library's signature
        """Write a room as an object."""
        if isinstance(o, Room):
            return room_to_wire(o) | {"code": str(o.code)}
        return super().default(o)
