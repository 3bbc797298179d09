"""What every repository guarantees; each test runs against all of them."""

import operator
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest

from rentomatic.domain.room import MAX_PRICE, MAX_SIZE, Room
from rentomatic.repository.batches import SAVE_BATCH
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import SaveSummary
from rentomatic.requests.room_list import RoomListRequest, build_room_list_request

MakeRoom = Callable[..., Room]


def search(repository: RoomRepository, limit: object = 1000, **filters: object) -> list[Room]:
    """Search with filters as keywords."""
    request = build_room_list_request(filters, limit)
    assert request, request
    return list(repository.search(request).rooms)


def test_an_empty_repository_finds_nothing(repository: RoomRepository) -> None:
    """No query returns a room."""
    assert search(repository) == []
    assert search(repository, limit="none") == []
    assert search(repository, price__lt=60) == []
    assert repository.get(uuid4()) is None


def test_saved_rooms_are_found(repository: RoomRepository, rooms: list[Room]) -> None:
    """They are equal to what was saved, in the order of insertion."""
    assert repository.save(rooms) == SaveSummary(added=4)
    assert search(repository) == rooms
    assert search(repository, limit="none") == rooms
    assert [repository.get(room.code) for room in rooms] == rooms


def test_a_room_that_is_replaced_keeps_its_place(
    repository: RoomRepository, rooms: list[Room]
) -> None:
    """The order is that of insertion, not of changes."""
    repository.save(rooms)
    changed = Room(rooms[1].code, 1, 2, 3.5, 4.5)
    assert repository.save([changed]) == SaveSummary(updated=1)
    assert search(repository) == [rooms[0], changed, *rooms[2:]]


def test_an_unchanged_room_is_not_written(repository: RoomRepository, rooms: list[Room]) -> None:
    """Saving it again changes nothing, and the summary says so."""
    repository.save(rooms)
    assert repository.save(rooms) == SaveSummary(unchanged=4)
    assert search(repository) == rooms


def test_the_last_of_several_with_one_code_wins(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """Rooms are saved in turn, even within one call."""
    saved = repository.save(
        [make_room(1), make_room(2), make_room(1, price=5), make_room(1, price=5), make_room(3)]
    )
    assert saved == SaveSummary(added=3, updated=1, unchanged=1)
    assert search(repository) == [make_room(1, price=5), make_room(2), make_room(3)]


def test_a_dry_run_returns_what_a_save_would_do(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """The summary is the same, and nothing changes."""
    repository.save([make_room(1), make_room(2)])
    given = [make_room(1), make_room(2, price=5), make_room(3), make_room(3, price=5)]
    expected = SaveSummary(added=1, updated=2, unchanged=1)
    assert repository.save(given, dry_run=True) == expected
    assert search(repository) == [make_room(1), make_room(2)]
    assert repository.save(given) == expected


class InterruptionError(Exception):
    """Raised while rooms are read."""


def test_a_save_that_is_interrupted_changes_nothing(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """Even if several batches were already written; and the next save works."""
    repository.save([make_room(1)])

    def interrupted() -> Iterator[Room]:
        yield make_room(1, price=5)
        yield from (make_room(number) for number in range(2, SAVE_BATCH + 10))
        raise InterruptionError

    with pytest.raises(InterruptionError):
        repository.save(interrupted())
    assert search(repository) == [make_room(1)]
    assert repository.save([make_room(2)]) == SaveSummary(added=1)


def test_more_rooms_than_a_batch_are_saved_in_order(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """One unlimited search returns all of them."""
    rooms = [make_room(number) for number in range(1, SAVE_BATCH + 100)]
    assert repository.save(rooms) == SaveSummary(added=len(rooms))
    assert search(repository, limit="none") == rooms


def test_existing_codes_are_returned(repository: RoomRepository, rooms: list[Room]) -> None:
    """The codes of stored rooms are returned, and no others."""
    assert set(repository.existing([rooms[0].code])) == set()
    repository.save(rooms[:2])
    assert set(repository.existing([room.code for room in rooms])) == {
        room.code for room in rooms[:2]
    }
    assert set(repository.existing([])) == set()


def test_a_removed_room_is_gone(repository: RoomRepository, rooms: list[Room]) -> None:
    """The first removal returns True, the second False."""
    repository.save(rooms)
    assert repository.remove(rooms[1].code) is True
    assert repository.remove(rooms[1].code) is False
    assert repository.get(rooms[1].code) is None
    assert search(repository) == [rooms[0], *rooms[2:]]


def test_a_room_that_is_added_again_is_last(repository: RoomRepository, rooms: list[Room]) -> None:
    """A removed room loses its place in the order."""
    repository.save(rooms)
    repository.remove(rooms[0].code)
    repository.save([rooms[0]])
    assert search(repository) == [*rooms[1:], rooms[0]]


@pytest.mark.parametrize("limit", [1, 3, 4, 5, 1000, "none"])
def test_a_limit_shortens_the_result(
    repository: RoomRepository, rooms: list[Room], limit: object
) -> None:
    """The first rooms are returned, or all of them if there are fewer."""
    repository.save(rooms)
    assert search(repository, limit=limit) == rooms[: None if limit == "none" else int(str(limit))]


COMPARISONS = ("eq", "ne", "lt", "lte", "gt", "gte")


@pytest.mark.parametrize("field", ["size", "price", "longitude", "latitude"])
@pytest.mark.parametrize("name", COMPARISONS)
def test_numbers_are_compared_as_numbers(
    repository: RoomRepository, make_room: MakeRoom, field: str, name: str
) -> None:
    """9 is less than 10, although "9" is greater than "10"; bounds are included as they should."""
    rooms = [make_room(number, **{field: value}) for number, value in enumerate((9, 10, 11), 1)]
    repository.save(rooms)
    compare = {"lte": operator.le, "gte": operator.ge}.get(name) or getattr(operator, name)
    expected = [room for room in rooms if compare(getattr(room, field), 10)]
    assert search(repository, **{f"{field}__{name}": 10}) == expected


@pytest.mark.parametrize("field", ["size", "price", "longitude", "latitude"])
def test_a_list_finds_each_of_its_values(
    repository: RoomRepository, make_room: MakeRoom, field: str
) -> None:
    """Values without a room and repeated values do not matter."""
    rooms = [make_room(number, **{field: value}) for number, value in enumerate((9, 10, 11), 1)]
    repository.save(rooms)
    assert search(repository, **{f"{field}__in": "11,9,9,12"}) == [rooms[0], rooms[2]]


def test_codes_are_compared(repository: RoomRepository, rooms: list[Room]) -> None:
    """They are compared as UUIDs, in any notation."""
    repository.save(rooms)
    first, second, *others = rooms
    assert search(repository, code__eq=str(second.code).upper()) == [second]
    assert search(repository, code__ne=first.code.hex) == [second, *others]
    assert search(repository, code__in=[first.code, second.code, uuid4()]) == [first, second]


def test_all_filters_must_match(repository: RoomRepository, rooms: list[Room]) -> None:
    """Several filters, on the same field too, are combined with AND."""
    repository.save(rooms)
    assert search(repository, price__gt=40, price__lt=60) == [rooms[3]]
    assert search(repository, price__gt=40, price__lt=70, size__lt=100) == rooms[2:]
    assert search(repository, price__gt=60, price__lt=40) == []


@pytest.mark.parametrize("price", [2**31, 2**40, 10**18 - 1])
def test_a_number_beyond_the_column_is_compared(
    repository: RoomRepository, rooms: list[Room], price: int
) -> None:
    """The comparison is true or false, never an error."""
    repository.save(rooms)
    for field in ("price", "size"):
        assert search(repository, **{f"{field}__lt": price}) == rooms
        assert search(repository, **{f"{field}__gt": -price}) == rooms
        assert search(repository, **{f"{field}__gte": price}) == []
        assert search(repository, **{f"{field}__eq": price}) == []
        assert search(repository, **{f"{field}__in": [price, 39]}) == (
            rooms[:1] if field == "price" else []
        )


def test_extreme_values_are_exact(repository: RoomRepository, make_room: MakeRoom) -> None:
    """Every value that the entity allows is stored exactly."""
    rooms = [
        make_room(1, size=1, price=0, longitude=-180.0, latitude=-90.0),
        make_room(2, size=MAX_SIZE, price=MAX_PRICE, longitude=180.0, latitude=90.0),
        make_room(3, longitude=5e-324, latitude=0.1 + 0.2),
    ]
    repository.save(rooms)
    assert search(repository) == rooms
    assert search(repository, latitude__eq=0.1 + 0.2) == [rooms[2]]


def test_an_unlimited_search_can_be_closed(repository: RoomRepository, make_room: MakeRoom) -> None:
    """A reader that stops early does not affect the next one."""
    rooms = [make_room(number) for number in range(1, 1_200)]
    repository.save(rooms)
    for _ in range(3):
        found = iter(repository.search(RoomListRequest(limit=None)).rooms)
        assert next(found) == rooms[0]
        if close := getattr(found, "close", None):
            close()
    assert search(repository, limit="none") == rooms


def test_each_write_changes_the_version(repository: RoomRepository, make_room: MakeRoom) -> None:
    """Versions are never reused; a repository may also have none."""
    versions = [repository.version()]
    for write in (
        lambda: repository.save([make_room(1)]),
        lambda: repository.save([make_room(1, price=5)]),
        lambda: repository.remove(UUID(int=1)),
        lambda: repository.save([make_room(1)]),
    ):
        write()
        versions.append(repository.version())
    assert len(set(versions)) == len(versions) or set(versions) == {None}


def test_every_repository_here_is_ready(repository: RoomRepository) -> None:
    """No migration is missing, and none is newer."""
    schema = repository.schema()
    assert (schema.missing, schema.newer) == ((), ())
