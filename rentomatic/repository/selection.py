"""Selecting and ordering rooms in Python, for repositories that cannot leave it to a server."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.requests.room_fields import DISTANCE, OPERATORS
from rentomatic.requests.room_order import ADDED, Order, Position
from rentomatic.requests.room_selection import Near, RoomSelection


def passes(room: Room, selection: RoomSelection) -> bool:
    """Tell whether a room is selected."""
    return (
        all(
            OPERATORS[each.operator].holds(getattr(room, each.field), each.value)
            for each in selection.filters
        )
        and (selection.bbox is None or selection.bbox.contains(room.longitude, room.latitude))
        and (selection.near is None or selection.near.reaches(room.longitude, room.latitude))
    )


def without_filters_of(selection: RoomSelection, field: str) -> RoomSelection:
    """Select whatever a field's own filters say."""
    kept = tuple(each for each in selection.filters if each.field != field)
    return replace(selection, filters=kept)


def position_of(room: Room, place: int, order: Order, near: Near | None) -> Position:
    """Tell where a room stands in an order; `place` is its number in the order of adding."""

    def value(name: str) -> Any:  # noqa: ANN401 - each field has its own type
        if name == ADDED:
            return place
        if name == DISTANCE and near:
            return near.metres_to(room.longitude, room.latitude)
        return getattr(room, name)

    return tuple(value(key.name) for key in order)


def rank(position: Position, order: Order) -> tuple[float, ...]:
    """Give what sorts as the order wants, in each key's own direction."""
    numbers = [value.int if isinstance(value, UUID) else value for value in position]
    return tuple(
        -number if key.descending else number for key, number in zip(order, numbers, strict=True)
    )
