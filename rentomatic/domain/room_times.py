"""When a room was added and changed, and whether its price fell."""

from dataclasses import dataclass, replace
from datetime import datetime

from rentomatic.domain.room import Room


@dataclass(frozen=True, slots=True)
class RoomTimes:
    """When a room was added and changed, in UTC.

    Attributes:
        added_at: when it was added.
        updated_at: when it was last changed; when it was added, if it never was.
        former_price: the price before its last change, if that was a fall.
        price_fell_at: when that was.
    """

    added_at: datetime
    updated_at: datetime
    former_price: int | None = None
    price_fell_at: datetime | None = None

    def after(self, before: Room, room: Room, now: datetime) -> "RoomTimes":
        """Return the times of a room that was changed now, as the database keeps them."""
        if room == before:
            return self
        if room.price == before.price:
            return replace(self, updated_at=now)
        if room.price < before.price:
            return RoomTimes(self.added_at, now, before.price, now)
        return RoomTimes(self.added_at, now)


@dataclass(frozen=True, slots=True)
class News:
    """What is new: that a room was added or, if it has a former price, that this fell.

    Attributes:
        at: when that happened.
    """

    room: Room
    times: RoomTimes
    at: datetime
    former_price: int | None = None
