"""The room validates its values and does not change them."""

import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from uuid import UUID

import pytest

from rentomatic.domain.room import MAX_PRICE, MAX_SIZE, InvalidRoomError, Room

CODE = UUID("f853578c-fc0f-4e65-81b8-566c5dffa35a")
VALUES = {"code": CODE, "size": 200, "price": 10, "longitude": -0.09998975, "latitude": 51.75436293}


def test_a_room_keeps_its_values() -> None:
    """Each field has the value that was passed."""
    room = Room(CODE, size=200, price=10, longitude=-0.09998975, latitude=51.75436293)
    assert {name: getattr(room, name) for name in VALUES} == VALUES


def test_a_room_goes_to_a_dict_and_back() -> None:
    """`from_dict` and `to_dict` are inverse."""
    assert Room.from_dict(VALUES).to_dict() == VALUES
    assert Room.from_dict(Room.from_dict(VALUES).to_dict()) == Room.from_dict(VALUES)


def test_rooms_are_made_of_stored_rows() -> None:
    """A row ends in the values of a room, in the order of its fields, and each makes one."""
    others = VALUES | {"price": 11}
    stored = [[values.get(name) for name in Room.__slots__] for values in (VALUES, others)]
    rows = [("any", *stored[0]), ("thing", "else", *stored[1])]
    assert Room.trusted_many(rows) == [Room.from_dict(VALUES), Room.from_dict(others)]
    assert Room.trusted_many([]) == []


def test_rooms_are_values() -> None:
    """Rooms with the same values are equal, and rooms are immutable."""
    room = Room.from_dict(VALUES)
    assert room == Room.from_dict(VALUES)
    assert room != Room.from_dict(VALUES | {"price": 11})
    assert len({room, Room.from_dict(VALUES)}) == 1
    with pytest.raises(FrozenInstanceError):
        room.price = 11  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", str(CODE)),
        ("code", None),
        ("size", 0),
        ("size", -1),
        ("size", MAX_SIZE + 1),
        ("size", True),
        ("size", 1.0),
        ("size", "1"),
        ("price", -1),
        ("price", MAX_PRICE + 1),
        ("price", None),
        ("price", 60.5),
        ("longitude", 180.0000001),
        ("longitude", -181),
        ("longitude", math.nan),
        ("longitude", math.inf),
        ("longitude", "21.0"),
        ("longitude", True),
        ("latitude", 90.0000001),
        ("latitude", -math.inf),
        ("latitude", math.nan),
    ],
)
def test_an_invalid_value_is_refused(field: str, value: object) -> None:
    """The error names the invalid field, and only that."""
    with pytest.raises(InvalidRoomError) as caught:
        Room.from_dict(VALUES | {field: value})
    assert list(caught.value.problems) == [field]
    assert str(caught.value).startswith(f"{field} must be")


def test_all_invalid_values_are_reported_at_once() -> None:
    """One error names every invalid field."""
    wrong = {"code": 1, "size": 0, "price": -1, "longitude": 181, "latitude": 91}
    with pytest.raises(InvalidRoomError) as caught:
        Room.from_dict(wrong)
    assert set(caught.value.problems) == set(wrong)


@pytest.mark.parametrize(
    "edge",
    [
        {"size": 1, "price": 0, "longitude": -180, "latitude": -90},
        {"size": MAX_SIZE, "price": MAX_PRICE, "longitude": 180, "latitude": 90},
    ],
)
def test_ranges_include_their_bounds(edge: dict[str, int]) -> None:
    """The smallest and the greatest values are valid."""
    assert Room.from_dict({"code": CODE} | edge).to_dict() == {"code": CODE} | edge


def test_an_unknown_field_is_refused(make_room: Callable[..., Room]) -> None:
    """A mapping with an unknown field is a programming error."""
    with pytest.raises(TypeError, match="colour"):
        Room.from_dict(VALUES | {"colour": "red"})
