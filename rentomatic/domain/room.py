"""The room, the one entity of the service."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self
from uuid import UUID

# The columns' own limits: `size` is an integer; `price` is a bigint, bounded by the largest
# integer that every reader of JSON keeps exact (RFC 8259, section 6).
MAX_SIZE = 2**31 - 1
MAX_PRICE = 2**53 - 1
MAX_LONGITUDE = 180
MAX_LATITUDE = 90


class InvalidRoomError(ValueError):
    """Values that make no room.

    Attributes:
        problems: for each wrong field, what it must be.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field} {problem}" for field, problem in problems.items()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Room:
    """A room for rent.

    Attributes:
        code: the room's identity.
        size: floor area in square metres, at least 1.
        price: rent in whole units of the company's currency, at least 0.
        longitude: degrees east of Greenwich, -180 to 180.
        latitude: degrees north of the equator, -90 to 90.

    Raises:
        InvalidRoomError: for values that break any of this; it tells all of them.
    """

    code: UUID
    size: int
    price: int
    longitude: float
    latitude: float

    def __post_init__(self) -> None:
        if problems := _problems(self):
            raise InvalidRoomError(problems)

    @classmethod
    def trusted(cls, values: tuple[UUID, int, int, float, float]) -> Self:
        """Make a room of its fields' values, in their order, that a store has checked already."""
        room = object.__new__(cls)
        code, size, price, longitude, latitude = values
        _fill_code(room, code)
        _fill_size(room, size)
        _fill_price(room, price)
        _fill_longitude(room, longitude)
        _fill_latitude(room, latitude)
        return room

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a room of a mapping with exactly its fields."""
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as a mapping, which `from_dict` takes back."""
        return asdict(self)


# How the slots of a room are filled, which is frozen to everybody else.
_fill_code, _fill_size, _fill_price, _fill_longitude, _fill_latitude = (
    Room.__dict__[name].__set__ for name in Room.__slots__
)


def _problems(room: Room) -> dict[str, str]:
    problems = {}
    if not isinstance(room.code, UUID):
        problems["code"] = "must be a UUID"
    if not _is_integer(room.size, 1, MAX_SIZE):
        problems["size"] = f"must be an integer from 1 to {MAX_SIZE}"
    if not _is_integer(room.price, 0, MAX_PRICE):
        problems["price"] = f"must be an integer from 0 to {MAX_PRICE}"
    if not _is_coordinate(room.longitude, MAX_LONGITUDE):
        problems["longitude"] = f"must be a number from -{MAX_LONGITUDE} to {MAX_LONGITUDE}"
    if not _is_coordinate(room.latitude, MAX_LATITUDE):
        problems["latitude"] = f"must be a number from -{MAX_LATITUDE} to {MAX_LATITUDE}"
    return problems


def _is_integer(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most  # bool is an int, and no size


def _is_coordinate(value: object, most: int) -> bool:
    return type(value) in {float, int} and -most <= value <= most  # type: ignore[operator]  # NaN compares false
