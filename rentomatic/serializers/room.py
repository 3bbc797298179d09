"""Rooms as JSON, for users of the standard library's `json`."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.formats.view import room_to_wire


class RoomJsonEncoder(json.JSONEncoder):
    """Teaches the standard library's `json` to write rooms."""

    def default(self, o: Any) -> Any:  # noqa: ANN401 - the standard library's signature
        """Write a room as an object, and UUIDs and dates as text."""
        if isinstance(o, Room):
            return room_to_wire(o)
        if isinstance(o, UUID | date):
            return str(o)
        return super().default(o)
