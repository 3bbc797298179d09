"""What every repository guarantees for maps: cells, counts, mean places, and honest estimates."""

from collections.abc import Callable
from contextlib import closing
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.config import PostgresDatabase
from rentomatic.domain.geography import Box
from rentomatic.domain.room import Room
from rentomatic.domain.room_map import MAX_ZOOM, WORLD, Cell, Grid
from rentomatic.repository import postgresrepo, room_parameters
from rentomatic.repository.connections import Connections
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.results import Mapped
from rentomatic.requests.room_map import build_room_map_request

MakeRoom = Callable[..., Room]
# What is lost when places are shifted, in degrees.
TINY = 1e-12


def mapped(repository: RoomRepository, **wanted: object) -> Mapped:
    """Map rooms with the arguments of `build_room_map_request`."""
    request = build_room_map_request(**wanted)  # type: ignore[arg-type]
    assert request, request
    return repository.map_rooms(request)


def counts(repository: RoomRepository, **wanted: object) -> list[int]:
    """Map rooms, and return the number of rooms in each cell."""
    return [cell.count for cell in mapped(repository, **wanted).cells]


def test_rooms_are_counted_in_cells(repository: RoomRepository, make_room: MakeRoom) -> None:
    """With the lowest price and the mean place; a room that is alone is part of its cell."""
    places = [(10.0, 50.0, 7), (11.0, 51.0, 5), (-10.0, 50.0, 9)]
    rooms = [make_room(n, longitude=x, latitude=y, price=p) for n, (x, y, p) in enumerate(places)]
    repository.save(rooms)
    found = mapped(repository, zoom=2)
    west, east = Box(-22.5, 45.0, 0.0, 67.5), Box(0.0, 45.0, 22.5, 67.5)
    assert found.cells == (
        Cell(west, 1, 9, -10.0, 50.0, rooms[2]),
        Cell(east, 2, 5, 10.5, 50.5),
    )
    assert found.is_exact


def test_cells_come_from_north_to_south_and_from_west_to_east(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """A map shows the selected rooms, of any filter; without rooms it has no cells."""
    places = [(-100, -40), (100, 40), (-100, 40), (100, -40), (100, 41)]
    repository.save(make_room(n, longitude=x, latitude=y) for n, (x, y) in enumerate(places))
    assert counts(repository, zoom=0) == [1, 2, 1, 1]
    assert counts(repository, zoom=0, bbox="0,0,180,90") == [2]
    assert counts(repository, zoom=0, filters={"latitude__gt": 0}) == [1, 2]
    empty = mapped(repository, filters={"price__gt": 1000})
    assert empty.cells == ()
    assert empty.is_exact


def test_tiny_coordinates_have_a_cell(repository: RoomRepository, make_room: MakeRoom) -> None:
    """Although dividing them may underflow, which PostgreSQL refuses."""
    places = [(x, y) for x in (5e-324, -5e-324, 1e-308) for y in (5e-324, -5e-324, -1e-17)]
    repository.save(make_room(n, longitude=x, latitude=y) for n, (x, y) in enumerate(places))
    for zoom in (0, 4, None):
        assert counts(repository, zoom=zoom, bbox="-1,-1,1,1") == [9]


def test_the_edges_of_the_world_belong_to_its_last_cells(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """A box may cross the antimeridian; its cells do not, so its rooms are near its mean place."""
    places = [(180.0, 90.0), (-180.0, -90.0), (179.9, 10.0), (-179.9, 10.0), (0.0, 0.0)]
    repository.save(make_room(n, longitude=x, latitude=y) for n, (x, y) in enumerate(places))
    across = mapped(repository, bbox="179,0,-179,20", zoom=3)
    assert [(each.longitude, each.count) for each in across.cells] == [(-179.9, 1), (179.9, 1)]
    for zoom in (0, 4, None):
        for cell in mapped(repository, zoom=zoom).cells:
            assert WORLD.contains(cell.box.west, cell.box.south)
            assert WORLD.contains(cell.box.east, cell.box.north)
            assert cell.box.contains(cell.longitude, cell.latitude)


@given(
    places=st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=12),
    zoom=st.integers(0, MAX_ZOOM),
)
def test_each_place_is_in_its_cell(places: list[tuple[float, float]], zoom: int) -> None:
    """At every zoom, whatever the coordinates; a finer cell lies in a coarser one."""
    for place in places:
        box = Grid(zoom).box_of(*Grid(zoom).place_of(*place))
        assert box.west - TINY <= place[0] <= box.east
        assert box.south - TINY <= place[1] <= box.north
        coarse = Grid(max(0, zoom - 1))
        assert coarse.box_of(*coarse.place_of(*place)).contains(box.west, box.south)


@pytest.fixture
def towns(make_room: MakeRoom) -> list[Room]:
    """Two towns whose rooms were added in turn, and a third that was imported at once."""
    random = Random(3)
    xs = [10 + n % 2 * 20 for n in range(4_000)] + [50] * 2_000
    return [
        make_room(n, longitude=x + random.random(), latitude=50.5, price=100 + n % 50)
        for n, x in enumerate(xs, 1)
    ]


def test_a_map_of_many_rooms_is_estimated(
    embedded_rooms: PostgresDatabase,
    postgres_embedded: PostgresRepo,
    towns: list[Room],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From a sample of limited size, always the same: each town is there, with about its rooms."""
    postgres_embedded.save(towns)
    monkeypatch.setattr(postgresrepo, "COUNTED_ROOMS", 1_000)
    monkeypatch.setattr(room_parameters, "SAMPLED_ROOMS", 600)
    with closing(Connections(embedded_rooms.url)) as connections:
        repository = PostgresRepo(connections)
        found = mapped(repository, zoom=3)
        assert not found.is_exact
        assert len(found.cells) == 3
        assert all(1_500 < cell.count < 2_500 and cell.room is None for cell in found.cells)
        assert mapped(repository, zoom=3) == found
        some = mapped(repository, zoom=3, filters={"price__lt": 125})
        assert not some.is_exact
        assert all(700 < cell.count < 1_300 and cell.price < 110 for cell in some.cells)
        near = mapped(repository, near="10.5,50.5", radius=100_000, q=None)
        assert sum(cell.count for cell in near.cells) == pytest.approx(2_000, rel=0.25)
        few = mapped(repository, filters={"price__eq": 101})
        assert few.is_exact
        assert sum(cell.count for cell in few.cells) == 120
