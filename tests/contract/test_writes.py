"""What every repository guarantees for single writes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest

from rentomatic.domain.room import PartialRoom, Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import SaveSummary
from rentomatic.requests.room_list import RoomListRequest

MakeRoom = Callable[..., Room]
WRITERS = 8
CHANGES = 100


def rooms_of(repository: RoomRepository) -> list[Room]:
    """Return all rooms, in the order of insertion."""
    return list(repository.search(RoomListRequest(limit=None)).rooms)


def test_a_room_is_added_once(repository: RoomRepository, make_room: MakeRoom) -> None:
    """It is added after the existing ones; a room with the same code is not changed."""
    assert repository.add(make_room(1))
    assert repository.add(make_room(2))
    assert not repository.add(make_room(1, price=5))
    assert rooms_of(repository) == [make_room(1), make_room(2)]


def test_put_adds_or_replaces_a_room(repository: RoomRepository, make_room: MakeRoom) -> None:
    """A replaced room keeps its place in the order."""
    assert repository.put(make_room(1))
    assert repository.put(make_room(2))
    assert not repository.put(make_room(1, price=5))
    assert not repository.put(make_room(1, price=5))
    assert rooms_of(repository) == [make_room(1, price=5), make_room(2)]


def test_some_fields_are_changed(repository: RoomRepository, make_room: MakeRoom) -> None:
    """The other fields and its place stay, and the changed room is returned."""
    repository.save([make_room(1), make_room(2)])
    changed = make_room(1, price=5, longitude=0)
    assert repository.update(changed.code, {"price": 5, "longitude": 0.0}) == changed
    assert rooms_of(repository) == [changed, make_room(2)]
    assert repository.update(uuid4(), {"price": 5}) is None


def test_rooms_that_keep_different_fields_are_saved_together(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """Each keeps its own; new ones are added in the order in which they were given."""
    repository.save([make_room(number, city="Bonn", bedrooms=1) for number in (1, 2, 3)])
    saved = repository.save(
        [
            PartialRoom.of(make_room(4), frozenset({"city", "bedrooms"})),
            make_room(1, price=5),
            PartialRoom.of(make_room(2, bedrooms=2), frozenset({"city"})),
            PartialRoom.of(make_room(5, city="Ulm"), frozenset({"bedrooms"})),
            PartialRoom.of(make_room(3), frozenset({"city", "bedrooms"})),
            make_room(6),
        ]
    )
    assert saved == SaveSummary(added=3, updated=2, unchanged=1)
    assert rooms_of(repository) == [
        make_room(1, price=5),
        make_room(2, city="Bonn", bedrooms=2),
        make_room(3, city="Bonn", bedrooms=1),
        make_room(4),
        make_room(5, city="Ulm"),
        make_room(6),
    ]


def test_an_update_may_change_nothing(repository: RoomRepository, make_room: MakeRoom) -> None:
    """The room is returned as it is."""
    repository.save([make_room(1)])
    version = repository.version()
    assert repository.update(make_room(1).code, {}) == make_room(1)
    assert repository.update(make_room(1).code, {"price": 100}) == make_room(1)
    assert rooms_of(repository) == [make_room(1)]
    assert version is None or isinstance(repository.version(), str)


def test_only_the_expected_room_is_changed(repository: RoomRepository, make_room: MakeRoom) -> None:
    """If another one was expected, nothing changes."""
    repository.save([make_room(1)])
    room, other = make_room(1), make_room(1, size=51)
    assert repository.update(room.code, {"price": 5}, other) is None
    assert not repository.remove(room.code, other)
    assert rooms_of(repository) == [room]
    changed = make_room(1, price=5)
    assert repository.update(room.code, {"price": 5}, room) == changed
    assert repository.update(room.code, {}, room) is None
    assert not repository.remove(room.code, room)
    assert repository.remove(room.code, changed)
    assert rooms_of(repository) == []


def closes(request: pytest.FixtureRequest, name: str) -> Callable[[], None]:
    """Return what closes the connection of a thread, if a repository has connections."""
    if name == "memory":
        return lambda: None
    connections: Connections = request.getfixturevalue("embedded_connections")
    return connections.close


@pytest.mark.parametrize("name", ["memory", "postgres_embedded"])
def test_changes_of_different_fields_both_last(
    request: pytest.FixtureRequest, make_room: MakeRoom, name: str
) -> None:
    """Two writers change different fields of a room at once, and neither undoes the other."""
    repository: RoomRepository = request.getfixturevalue(name)
    close = closes(request, name)
    repository.add(make_room(1))
    barrier = Barrier(2)

    def write(field: str) -> None:
        for value in range(1, CHANGES + 1):
            barrier.wait()
            changed = repository.update(make_room(1).code, {field: value})
            assert changed
            assert getattr(changed, field) == value
        close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, ("size", "price")))
    assert rooms_of(repository) == [make_room(1, size=CHANGES, price=CHANGES)]


@pytest.mark.parametrize("name", ["memory", "postgres_embedded"])
def test_of_many_writers_one_wins(
    request: pytest.FixtureRequest, make_room: MakeRoom, name: str
) -> None:
    """They expect the same room: one adds it, one changes it and one removes it."""
    repository: RoomRepository = request.getfixturevalue(name)
    close = closes(request, name)
    room = make_room(1)
    writers = range(WRITERS)
    with ThreadPoolExecutor(WRITERS) as pool:
        assert sum(pool.map(lambda _: repository.add(room), writers)) == 1
        changes = pool.map(lambda n: repository.update(room.code, {"price": n}, room), writers)
        (changed,) = [each for each in changes if each]
        assert rooms_of(repository) == [changed]
        assert sum(pool.map(lambda _: repository.remove(room.code, changed), writers)) == 1
        # Each thread has its own connection, so all threads must be used at once.
        barrier = Barrier(WRITERS)
        list(pool.map(lambda _: (barrier.wait(), close()), writers))
    assert rooms_of(repository) == []
