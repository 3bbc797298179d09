"""Every repository finds the same similar rooms, and they are the most similar ones."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.domain.room import Room
from rentomatic.domain.similarity import difference
from rentomatic.repository import postgresrepo, room_parameters, rows
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.selection import passes
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.room_similar import REACH, build_room_similar_request
from rentomatic.responses import ResponseTypes
from rentomatic.use_cases import room_similar
from rentomatic.use_cases.room_similar import room_similar_use_case
from tests.contract.test_agreement import empty, filters

MakeRoom = Callable[..., Room]


def similar(repository: RoomRepository, code: UUID, **wanted: Any) -> list[Room]:  # noqa: ANN401 - of the builder
    """Find similar rooms with the arguments of `build_room_similar_request`."""
    request = build_room_similar_request(code, **wanted)
    assert request, request
    response = room_similar_use_case(repository, request)
    assert response, response
    return response.value.rooms


def test_the_most_similar_room_comes_first(repository: RoomRepository, make_room: MakeRoom) -> None:
    """By distance, price and size together, then by code; the room itself is left out."""
    room = make_room(1)
    dearer, nearer = make_room(5, price=150), make_room(4, price=110, latitude=52.001)
    twins = [make_room(3, size=60), make_room(2, size=60)]
    far = make_room(6, latitude=53)
    repository.save([room, dearer, nearer, *twins, far])
    assert similar(repository, room.code) == [nearer, *twins[::-1], dearer]
    assert similar(repository, room.code, limit=2) == [nearer, twins[1]]
    assert similar(repository, far.code) == []


def test_similar_rooms_pass_filters(repository: RoomRepository, make_room: MakeRoom) -> None:
    """Those of a search; distances are from the room, which need not pass them itself."""
    room = make_room(1, price=500)
    rooms = [make_room(n, price=100 + n, latitude=52 + n / 100, city="Łódź") for n in (2, 3, 4)]
    repository.save([room, *rooms])
    assert similar(repository, room.code, filters={"price__lt": 104}) == rooms[:2]
    assert similar(repository, room.code, radius_min=3_000) == rooms[1:]
    assert similar(repository, room.code, radius=4_000) == rooms[:2]
    assert similar(repository, room.code, bbox="20,52.025,22,53") == rooms[1:]
    assert similar(repository, room.code, q="łódź", filter="price > 102 AND NOT price = 104") == [
        rooms[1]
    ]


def test_an_unknown_room_has_no_similar_ones(repository: RoomRepository) -> None:
    """It is an error, not an empty list."""
    request = build_room_similar_request(UUID(int=7))
    assert request
    response = room_similar_use_case(repository, request)
    assert not response
    assert response.type is ResponseTypes.RESOURCE_ERROR


def test_only_the_nearest_rooms_are_compared(
    repository: RoomRepository, make_room: MakeRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most a number of them besides the room, so that the time is bounded."""
    monkeypatch.setattr(room_similar, "COMPARED_ROOMS", 5)
    monkeypatch.setattr(room_similar, "_FIRST_PAGE", 2)
    rooms = [make_room(n, latitude=52 + n / 1_000, price=2**n) for n in range(1, 9)]
    repository.save(rooms)
    # The last ones are more similar in price, but farther away than five others.
    assert similar(repository, rooms[0].code, filters={"price__ne": 2}) == rooms[1:6]
    assert len(similar(repository, rooms[0].code, limit=1)) == 1


def test_postgresql_compares_a_limited_number_of_rooms(
    postgres_embedded: PostgresRepo, make_room: MakeRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If more are around a room, the nearest ones are read in turn; the answer is the same."""
    monkeypatch.setattr(room_similar, "_FIRST_PAGE", 7)
    rooms = [make_room(n, price=100 + n % 9) for n in range(1, 40)]
    postgres_embedded.save(rooms)
    code = rooms[20].code
    request = build_room_similar_request(code, limit=3)
    assert request
    found = postgres_embedded.most_similar(request, rooms[20])
    assert found
    for module in (room_parameters, rows):
        monkeypatch.setattr(module, "COMPARED_ROOMS", 37)
    assert postgres_embedded.most_similar(request, rooms[20]) is None
    assert found.rooms == [rooms[2], rooms[11], rooms[29]]
    assert similar(postgres_embedded, code, limit=3) == found.rooms


OFFSETS = st.sampled_from([0.0, 0.0, 0.001, 0.01, 0.02, 0.1, 0.4, 0.449, 0.45]) | st.floats(0, 0.5)
PLACES = st.sampled_from([(21.0, 52.0), (179.9, -17.0), (0.0, 89.9), (-180.0, -0.001)])
AMOUNTS = st.integers(1, 6) | st.integers(1, 10_000)


@st.composite
def towns(draw: st.DrawFn) -> list[Room]:
    """Make rooms around one place, also across the antimeridian and a pole."""
    x, y = draw(PLACES)
    rooms = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        east, north = draw(OFFSETS), draw(OFFSETS)
        rooms.append(
            Room(
                UUID(int=number),
                draw(AMOUNTS),
                draw(AMOUNTS | st.just(0)),
                (x + east + 180) % 360 - 180,
                min(y + north, 90.0),
            )
        )
    return rooms


@given(
    rooms=towns(),
    chosen=filters(),
    limit=st.integers(1, 5),
    radius=st.none() | st.floats(0, REACH),
    page=st.integers(1, 4),
    are_few=st.booleans(),
)
def test_no_room_is_more_similar_than_those_found(
    repositories: dict[str, RoomRepository],
    rooms: list[Room],
    chosen: dict[str, object],
    limit: int,
    radius: float | None,
    page: int,
    *,
    are_few: bool,
) -> None:
    """Wherever the search may stop: each repository finds what comparing all rooms finds."""
    room = rooms[0]
    request = build_room_similar_request(room.code, chosen, limit, radius=radius)
    assert request, request
    near = request.around(room)
    selection = RoomSelection(request.filters, near=near)
    compared = [each for each in rooms[1:] if passes(each, selection)]
    compared.sort(key=lambda each: (difference(room, each), each.code))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room_similar, "_FIRST_PAGE", page)
        patch.setattr(room_similar, "MAX_LIMIT", page)
        patch.setattr(room_parameters, "NEAREST_ROOMS", page)
        patch.setattr(postgresrepo, "FEW_ROOMS", 10_000 if are_few else 0)
        for name, repository in repositories.items():
            empty(repository)
            repository.save(rooms)
            found = similar(repository, room.code, filters=chosen, limit=limit, radius=radius)
            assert found == compared[:limit], name
