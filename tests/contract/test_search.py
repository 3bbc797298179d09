"""What every repository guarantees for searches: order, pages, places, counts and summaries."""

from collections.abc import Callable
from random import Random

import pytest

from rentomatic.domain.geography import Box, great_circle_metres
from rentomatic.domain.room import Room
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import Page, Total
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_list import build_room_list_request
from rentomatic.requests.room_summary import build_room_summary_request

MakeRoom = Callable[..., Room]


def search(repository: RoomRepository, **wanted: object) -> Page:
    """Search with the arguments of `build_room_list_request`."""
    request = build_room_list_request(**wanted)  # type: ignore[arg-type]
    assert request, request
    return repository.search(request)


def numbers(repository: RoomRepository, **wanted: object) -> list[int]:
    """Search, and return the numbers of the rooms."""
    return [room.code.int for room in search(repository, **wanted).rooms]


@pytest.fixture
def stored(make_room: MakeRoom) -> list[Room]:
    """Rooms with ties in size, in price, and in both."""
    amounts = [(30, 5), (10, 5), (10, 7), (20, 5), (10, 5)]
    return [make_room(n, size=size, price=price) for n, (size, price) in enumerate(amounts, 1)]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (None, [1, 2, 3, 4, 5]),
        ("price", [1, 2, 4, 5, 3]),
        ("-price", [3, 5, 4, 2, 1]),
        ("price,size", [2, 5, 4, 1, 3]),
        ("price,-size", [1, 4, 5, 2, 3]),
        ("-price,size", [3, 2, 5, 4, 1]),
        ("-size,-price", [1, 4, 3, 5, 2]),
        ("code", [1, 2, 3, 4, 5]),
        ("-code", [5, 4, 3, 2, 1]),
        ("size,-code", [5, 3, 2, 4, 1]),
    ],
)
def test_rooms_are_sorted_and_ties_are_broken_by_code(
    repository: RoomRepository, stored: list[Room], sort: str | None, expected: list[int]
) -> None:
    """The code has the direction of the last key; without a sort, rooms are in insertion order."""
    repository.save(stored)
    for limit in (1000, "none"):
        assert numbers(repository, sort=sort, limit=limit) == expected


def walk(repository: RoomRepository, size: int, **wanted: object) -> list[int]:
    """Follow the pages to the last one."""
    found: list[int] = []
    after: str | None = None
    while True:
        request = build_room_list_request(**wanted, limit=size, after=after)  # type: ignore[arg-type]
        assert request, request
        page = repository.search(request)
        found += [room.code.int for room in page.rooms]
        if page.next is None:
            return found
        after = write_cursor(request, request.order, page.next)


def test_pages_are_stable_during_writes(repository: RoomRepository, make_room: MakeRoom) -> None:
    """Each room that stays is found once, in every order, even if a cursor's room is removed."""
    for sort in (None, "price", "-price", "size,-price", "distance"):
        rooms = [make_room(n, price=n % 7, longitude=21 + n / 100) for n in range(1, 61)]
        repository.save(rooms)
        near = "21,52" if sort == "distance" else None
        found: list[int] = []
        after = None
        removed = set()
        for step in range(100):
            request = build_room_list_request(limit=7, sort=sort, near=near, after=after)
            assert request, request
            page = repository.search(request)
            shown = list(page.rooms)
            found += [room.code.int for room in shown]
            if page.next is None:
                break
            after = write_cursor(request, request.order, page.next)
            # Remove the room at the cursor and one of a later page, and add one.
            gone = shown[-1].code, rooms[-1 - 3 * step].code
            removed |= {code.int for code in gone if repository.remove(code)}
            repository.save([make_room(1000 + step, price=step % 7, longitude=21.3)])
        staying = {room.code.int for room in rooms} - removed
        assert len(found) == len(set(found))
        assert staying <= set(found)
        for number in {*staying, *range(1000, 1100)}:
            repository.remove(make_room(number).code)


PLACES = {
    "antimeridian": lambda r: ((179.9 + r.random() * 0.2 + 180) % 360 - 180, r.uniform(-0.2, 0.2)),
    "north pole": lambda r: (r.uniform(-180, 180), 90 - r.random() ** 2 * 2),
    "south pole": lambda r: (r.uniform(-180, 180), -90 + r.random() ** 2 * 2),
    "town": lambda r: (r.gauss(21, 0.05), r.gauss(-34, 0.05)),
}
CORNERS = [(180.0, 0.0), (-180.0, 0.0), (0.0, 90.0), (77.0, 90.0), (0.0, -90.0), (-3.0, -90.0)]


def test_distances_are_right_everywhere(repository: RoomRepository, make_room: MakeRoom) -> None:
    """Nearest, farthest, and within a ring, page by page: the same as brute force."""
    random = Random(5)
    places = [place(random) for place in PLACES.values() for _ in range(60)] + CORNERS
    rooms = [make_room(n, longitude=x, latitude=y) for n, (x, y) in enumerate(places, 1)]
    repository.save(rooms)
    centres = [random.choice(places) for _ in range(6)] + CORNERS[1:5] + [(-100.0, 40.0)]
    for longitude, latitude in centres:
        distances = {
            room.code.int: great_circle_metres(longitude, latitude, room.longitude, room.latitude)
            for room in rooms
        }
        ordered = sorted(distances, key=lambda number: (distances[number], number))
        near = [longitude, latitude]
        assert numbers(repository, near=near, sort="distance", limit=20) == ordered[:20]
        farthest = sorted(distances, key=lambda number: (-distances[number], -number))
        assert numbers(repository, near=near, sort="-distance", limit=20) == farthest[:20]
        least, most = (distances[ordered[place]] for place in (30, 90))
        ring = [number for number in ordered if least <= distances[number] <= most]
        wanted = {"near": near, "radius": most, "radius_min": least}
        assert sorted(numbers(repository, **wanted, limit=1000)) == sorted(ring)
        assert walk(repository, 25, **wanted, sort="distance") == ring
        backwards = [number for number in farthest if number in ring]
        assert walk(repository, 25, **wanted, sort="-distance") == backwards
        assert walk(repository, 50, near=near, sort="distance") == ordered
        assert walk(repository, 50, near=near, sort="-distance") == farthest


def test_tiny_coordinates_are_valid(repository: RoomRepository, make_room: MakeRoom) -> None:
    """Although multiplying them may underflow, which PostgreSQL refuses."""
    tiny = [0.0, 5e-324, -5e-324, 1e-308, 1e-200, -1e-17]
    places = [(x, y) for x in tiny for y in tiny]
    repository.save(make_room(n, longitude=x, latitude=y) for n, (x, y) in enumerate(places, 1))
    for place in [*places, (180.0, 5e-324), (5e-324, 90.0), (1e-308, -90.0)]:
        for sort in ("distance", "-distance", "price"):
            wanted = {"near": place, "sort": sort, "radius": 1.0, "radius_min": 5e-324}
            assert len(numbers(repository, near=place, sort=sort)) == len(places)
            assert len(numbers(repository, **wanted)) <= len(places)


def test_a_box_is_inclusive_and_may_cross_the_antimeridian(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """A box from 170 to -170 contains both sides of 180 degrees; poles are ordinary places."""
    places = [(170, 0), (169.9, 0), (180, 5), (-180, -5), (-170, 0), (-169.9, 0), (0, 90), (0, -90)]
    repository.save(make_room(n, longitude=x, latitude=y) for n, (x, y) in enumerate(places, 1))
    assert numbers(repository, bbox="170,-5,-170,5") == [1, 3, 4, 5]
    assert numbers(repository, bbox="170,0,-170,0") == [1, 5]
    assert numbers(repository, bbox="-180,-90,180,90") == [1, 2, 3, 4, 5, 6, 7, 8]
    assert numbers(repository, bbox="0,90,0,90") == [7]
    assert numbers(repository, bbox="1,1,2,2") == []


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ("170,0,180,1", [1, 2, 3]),
        ("-180,0,-170,1", [2, 3, 4]),
        ("180,0,180,1", [2, 3]),
        ("-180,0,-180,1", [2, 3]),
        ("180,0,-180,1", [2, 3]),
        ("-180,0,180,1", [1, 2, 3, 4, 5]),
        ("180,0,-170,1", [2, 3, 4]),
        ("170,0,-180,1", [1, 2, 3]),
        ("170,0,179.999,1", [1]),
        ("-179.999,0,-170,1", [4]),
        ("170,0.5,180,1", []),
    ],
)
def test_180_and_minus_180_are_the_same_meridian(
    repository: RoomRepository, make_room: MakeRoom, bbox: str, expected: list[int]
) -> None:
    """A box that ends at either finds the rooms at both, in searches, counts and summaries."""
    longitudes = [175.0, 180.0, -180.0, -175.0, 0.0]
    repository.save(make_room(n, longitude=x, latitude=0) for n, x in enumerate(longitudes, 1))
    assert numbers(repository, bbox=bbox) == expected
    assert search(repository, bbox=bbox, count="exact").total == Total(len(expected), True)  # noqa: FBT003
    summed = build_room_summary_request(bbox=bbox)
    assert summed
    assert repository.summarize(summed).summary.count == len(expected)


def test_all_rooms_are_counted(repository: RoomRepository, stored: list[Room]) -> None:
    """Every page has the exact count of all pages if asked for, and an estimate is positive."""
    repository.save(stored)
    wanted = {"filters": {"price__eq": 5}, "count": "exact"}
    for limit in (1, 4, "none"):
        assert search(repository, **wanted, limit=limit).total == Total(4, is_exact=True)
    first = build_room_list_request({"price__eq": 5}, 2)
    assert first
    cursor = write_cursor(first, first.order, repository.search(first).next or ())
    assert search(repository, **wanted, after=cursor).total == Total(4, is_exact=True)
    assert search(repository, near="21,52", radius=1, count="exact").total == Total(5, True)  # noqa: FBT003
    assert search(repository, bbox="0,0,1,1", count="exact").total == Total(0, is_exact=True)
    assert search(repository).total is None
    estimate = search(repository, count="estimate").total
    assert estimate
    assert estimate.count > 0


def test_rooms_are_summarized(repository: RoomRepository, stored: list[Room]) -> None:
    """A summary has amounts, bars that ignore the filters on their own field, and a box."""
    repository.save(stored)
    request = build_room_summary_request({"price__eq": 5, "size__lt": 30})
    assert request
    summary = repository.summarize(request).summary
    size, price = summary.amounts["size"], summary.amounts["price"]
    assert (summary.count, summary.bbox) == (3, Box(21.0, 52.0, 21.0, 52.0))
    assert (size.minimum, size.maximum, size.mean) == (10, 20, 40 / 3)
    assert size.quartiles == (10, 10, 15)
    assert [(bar.start, bar.count) for bar in size.histogram if bar.count] == [
        *((10, 2), (20, 1), (30, 1)),
    ]
    assert [(bar.start, bar.end, bar.count) for bar in price.histogram] == [
        *((5, 6, 3), (6, 7, 0), (7, 8, 1)),
    ]
