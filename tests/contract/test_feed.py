"""Stores that record times know when rooms were added and changed, and when prices fell."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rentomatic.domain.room import Room
from rentomatic.domain.room_times import RoomTimes
from rentomatic.repository.interface import RoomRepository
from rentomatic.requests.room_conditions import Filter
from rentomatic.requests.room_selection import RoomSelection

MakeRoom = Callable[..., Room]
ALL = RoomSelection()


@pytest.fixture(params=["memory", "postgres_embedded"])
def store(request: pytest.FixtureRequest) -> RoomRepository:
    """Each store that records times, empty."""
    return request.getfixturevalue(request.param)


def times_of(store: RoomRepository, room: Room) -> RoomTimes:
    """Return the times of a room."""
    times = store.times([room.code])
    assert times is not None
    return times[room.code]


def test_a_new_room_was_added_and_changed_now(store: RoomRepository, make_room: MakeRoom) -> None:
    """Whoever adds it; another code is unknown."""
    room = make_room()
    store.add(room)
    times = times_of(store, room)
    assert times.added_at == times.updated_at
    assert abs(datetime.now(UTC) - times.added_at) < timedelta(minutes=10)
    assert (times.former_price, times.price_fell_at) == (None, None)
    assert store.times([make_room(2).code]) == {}


def test_a_change_has_a_time_and_a_write_without_one_has_none(
    store: RoomRepository, make_room: MakeRoom
) -> None:
    """By every kind of write."""
    room = make_room()
    store.add(room)
    added = times_of(store, room)
    for unchanged in (store.put, lambda each: store.save([each])):
        unchanged(room)
        store.update(room.code, {"price": room.price})
        assert times_of(store, room) == added
    changes: list[Callable[[], Any]] = [
        lambda: store.update(room.code, {"title": "New"}),
        lambda: store.put(make_room(title="Newer")),
        lambda: store.save([make_room(size=51)]),
    ]
    latest = added
    for change in changes:
        change()
        before, latest = latest, times_of(store, room)
        assert latest.added_at == added.added_at
        assert latest.updated_at > before.updated_at


def test_a_fall_of_the_price_is_known_until_it_changes_again(
    store: RoomRepository, make_room: MakeRoom
) -> None:
    """Each fall has its own former price; a rise ends it, and other changes keep it."""
    room = make_room(price=100)
    store.add(room)
    store.update(room.code, {"price": 90})
    first = times_of(store, room)
    assert (first.former_price, first.price_fell_at) == (100, first.updated_at)
    store.update(room.code, {"title": "Cheap"})
    kept = times_of(store, room)
    assert (kept.former_price, kept.price_fell_at) == (100, first.price_fell_at)
    store.update(room.code, {"price": 0})
    assert times_of(store, room).former_price == 90
    store.update(room.code, {"price": 1})
    assert (times_of(store, room).former_price, times_of(store, room).price_fell_at) == (None, None)


def test_a_room_that_is_removed_and_added_is_new(
    store: RoomRepository, make_room: MakeRoom
) -> None:
    """It has no former price."""
    room = make_room(price=100)
    store.add(room)
    store.update(room.code, {"price": 90})
    before = times_of(store, room)
    store.remove(room.code)
    assert store.times([room.code]) == {}
    store.add(make_room(price=80))
    assert times_of(store, room).added_at > before.added_at
    assert store.fallen(ALL, 9) == []


def test_rooms_whose_price_fell_are_selected(store: RoomRepository, make_room: MakeRoom) -> None:
    """The latest fall first, at most a number of them."""
    rooms = [make_room(n, price=100) for n in range(1, 6)]
    store.save(rooms)
    for number, price in ((2, 90), (0, 80), (1, 70), (3, 110)):
        store.update(rooms[number].code, {"price": price})
    found = [each.price for each in store.fallen(ALL, 9)]
    assert found == [70, 80, 90]
    assert [each.price for each in store.fallen(ALL, 2)] == [70, 80]
    cheap = RoomSelection((Filter("price", "lt", 85),))
    assert [each.price for each in store.fallen(cheap, 9)] == [70, 80]
    words = RoomSelection(words=("garden",))
    store.update(rooms[0].code, {"title": "With a garden"})
    assert [each.price for each in store.fallen(words, 9)] == [80]


def test_a_dry_run_changes_no_time(store: RoomRepository, make_room: MakeRoom) -> None:
    """Nor do rooms that it would add have one."""
    room = make_room()
    store.add(room)
    before = times_of(store, room)
    store.save([make_room(price=1), make_room(2)], dry_run=True)
    assert store.times([room.code, make_room(2).code]) == {room.code: before}
