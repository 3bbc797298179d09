"""What the tests of `rentomatic import` share."""

from rentomatic.domain.room import Room
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest

HEADER = "code,size,price,longitude,latitude"
PRICE = "price must be an amount such as 1200 or $1,200.00, not 'x'"
LATITUDE = "latitude must be from -90 to 90, not '95'; were longitude and latitude swapped?"


def everything(repository: PostgresRepo) -> list[Room]:
    """Return all rooms."""
    return list(repository.search(RoomListRequest(limit=None)).rooms)


def count(repository: PostgresRepo) -> int:
    """Return the number of rooms."""
    return len(everything(repository))
