"""Made-up rooms to try the service with."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from rentomatic.domain.kinds import ASSETS
from rentomatic.domain.room import Room

# Marks the codes of generated rooms: UUIDs of version 8, whose contents the application chooses
# (RFC 9562, section 5.8).
PREFIX = "00000000-0000-8000-8000-"
GENERATED = 4_000
SEED = 20

# The four rooms of the book, near London.
BOOK = (
    ("f853578c-fc0f-4e65-81b8-566c5dffa35a", 215, 39, -0.09998975, 51.75436293),
    ("fe2c3195-aeff-487a-a08f-e0bdc0ec6e9a", 405, 66, 0.18228006, 51.74640997),
    ("913694c6-435a-4366-ba0d-da5334a611b2", 56, 60, 0.27891577, 51.45994069),
    ("eed76e77-55c1-41ce-985d-ca49bf6c0585", 93, 48, 0.33894476, 51.39916678),
)

# Examples in help texts: a filter, and a change of the book's first room.
EXAMPLE_FILTER = ("price__lt", 60)
EXAMPLE_CHANGE = (BOOK[0][0], "price", 65)

_TOWNS = (
    ("London", -0.1276, 51.5072),
    ("Paris", 2.3522, 48.8566),
    ("Berlin", 13.4050, 52.5200),
    ("Madrid", -3.7038, 40.4168),
    ("Rome", 12.4964, 41.9028),
    ("Warsaw", 21.0122, 52.2297),
    ("Lisbon", -9.1393, 38.7223),
    ("New York", -74.0060, 40.7128),
    ("Tokyo", 139.6917, 35.6895),
    ("Suva", 178.4501, -18.1248),
)
_SPREAD_DEGREES = 0.05

# By the number of bedrooms: what a room is called, and one of the service's own pictures.
_OFFERS = (
    ("studio", "studio.svg"),
    ("flat with one bedroom", "bedroom.svg"),
    ("flat with two bedrooms", "living-room.svg"),
    ("flat with three bedrooms", "kitchen.svg"),
    ("loft with four bedrooms", "loft.svg"),
)
# The square metres for each bedroom.
_SQUARE_METRES = 30
_QUALITIES = ("Bright", "Quiet", "Cosy", "Spacious", "Sunny", "Modern", "Furnished", "Renovated")
_ASSETS_OF_QUALITIES = {"Sunny": "balcony.svg"}
_SURROUNDINGS = (
    "near the station",
    "with a view of the park",
    "above a café",
    "in a side street",
    "with a balcony",
    "close to the university",
)
_FIRST_DAY = date(2027, 1, 1)
_DAYS = 365


def book_rooms() -> list[Room]:
    """Return the four rooms of the book."""
    return [Room(UUID(code), size, price, x, y) for code, size, price, x, y in BOOK]


def example_values() -> Mapping[str, object]:
    """Return the fields of a room to add; without a code, it gets a new one."""
    return {name: value for name, value in book_rooms()[0].to_dict().items() if name != "code"}


def demo_rooms() -> Iterator[Room]:
    """Yield the book's rooms and generated ones around ten towns; always the same."""
    yield from book_rooms()
    # Words have their own generator, so that they do not change the numbers.
    generator, words = random.Random(SEED), random.Random(SEED)
    for number in range(1, GENERATED + 1):
        city, *centre = generator.choice(_TOWNS)
        size = max(8, round(generator.lognormvariate(3.8, 0.5)))
        price = round(size * generator.uniform(0.4, 1.6)) + 10
        x, y = (round(generator.gauss(degrees, _SPREAD_DEGREES), 6) for degrees in centre)
        room = Room(UUID(f"{PREFIX}{number:012x}"), size, price, x, y)
        yield _described(room, city, number, words)


def _described(room: Room, city: str, number: int, words: random.Random) -> Room:
    """Return the room with a title, a description and the other optional fields but `url`."""
    bedrooms = min(room.size // _SQUARE_METRES, len(_OFFERS) - 1)
    offer, picture = _OFFERS[bedrooms]
    quality, surroundings = words.choice(_QUALITIES), words.choice(_SURROUNDINGS)
    title = f"{quality} {offer} {surroundings}"
    return replace(
        room,
        title=title,
        description=f"{title} in {city}, {room.size} m². This offer is made up.",
        image=f"{ASSETS}{_ASSETS_OF_QUALITIES.get(quality, picture)}",
        city=city,
        bedrooms=bedrooms,
        available_from=_FIRST_DAY + timedelta(words.randrange(_DAYS)),
        reference=f"DEMO-{number}",
    )
