"""The lines of a file are compared with each other before any is imported."""

import logging
import resource
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

import pytest

from rentomatic.domain.room import MAX_PRICE, MAX_SIZE, Room
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.results import SaveSummary
from rentomatic.requests.room_import import (
    BadLine,
    ImportOptions,
    Line,
    RoomImportRequest,
    RoomLine,
)
from rentomatic.responses import ResponseTypes
from rentomatic.use_cases.room_import import room_import_use_case
from rentomatic.use_cases.room_staging import StagedLines

MakeRoom = Callable[..., Room]


def staged(lines: Iterable[Line], **options: bool) -> tuple[list[Room | BadLine], int, int]:
    """Return the lines that are left, how many are bad, and how many were repeated."""
    with StagedLines(lines, **options) as found:
        return list(found), found.bad, found.repeated


def test_lines_come_back_as_they_were(make_room: MakeRoom) -> None:
    """In their order, to the last digit, with everything that was wrong."""
    rooms = [
        make_room(1),
        Room(UUID(int=2**128 - 1), MAX_SIZE, MAX_PRICE, -180.0, 5e-324),
        Room(UUID(int=0), 1, 0, 0.1 + 0.2, -1.7976931348623157e-308),
    ]
    bad = BadLine(3, ("size is bad", "price is bad"), ["x", "\udcff", ""], unit="feature")
    lines = [
        RoomLine(2, rooms[0]),
        bad,
        *(RoomLine(n, room) for n, room in enumerate(rooms[1:], 4)),
    ]
    expected = [rooms[0], bad, *rooms[1:]]
    assert staged(lines, keeps_records=True) == (expected, 1, 0)
    expected[1] = replace(bad, record=[])
    assert staged(lines) == (expected, 1, 0)


def test_lines_of_one_code_that_differ_are_bad(make_room: MakeRoom) -> None:
    """All of them, and each names another one and in what it differs."""
    room = make_room(1)
    dear = replace(room, price=room.price + 1)
    far = replace(dear, latitude=1.5)
    given = [room, make_room(2), dear, room, far]
    lines = [RoomLine(number, each, [f"{number}"]) for number, each in enumerate(given, 2)]
    found, bad, repeated = staged(lines, keeps_records=True)
    assert (bad, repeated) == (4, 0)
    first, good, second, third, fourth = found
    assert good == make_room(2)
    price = f"price {dear.price}, not {room.price}"
    assert str(first) == f"line 2: has the same code as line 4, which differs: {price}"
    assert str(third) == f"line 5: has the same code as line 4, which differs: {price}"
    assert str(second) == (
        f"line 4: has the same code as line 2, which differs: price {room.price}, not {dear.price}"
    )
    assert str(fourth) == (
        f"line 6: has the same code as line 2, which differs: price {room.price}, not {far.price}, "
        f"latitude {room.latitude}, not 1.5"
    )
    assert isinstance(third, BadLine)
    assert third.record == ["5"]


def test_equal_lines_are_counted_and_left_out(make_room: MakeRoom) -> None:
    """Zero has no sign in a place."""
    equator = replace(make_room(2), latitude=0.0)
    south = replace(equator, latitude=-0.0)
    given = [make_room(1), equator, make_room(1), south, make_room(1)]
    lines = [RoomLine(number, each) for number, each in enumerate(given, 2)]
    assert staged(lines) == ([make_room(1), equator], 0, 3)


def test_an_import_of_one_code_twice_guesses_nothing(make_room: MakeRoom) -> None:
    """Nothing is imported; skipped, neither of the lines is; the same file again is unchanged."""
    room, other = make_room(1), make_room(2)
    given = [room, other, other, replace(room, size=room.size + 1)]

    def importing(*, skip_bad: bool) -> RoomImportRequest:
        lines = (RoomLine(number, each) for number, each in enumerate(given, 2))
        return RoomImportRequest(lines, ImportOptions(skip_bad=skip_bad))

    repository = MemRepo()
    response = room_import_use_case(repository, importing(skip_bad=False))
    assert not response
    assert [error.parameter for error in response.errors] == ["line 2", "line 5"]
    assert repository.get(other.code) is None
    for saved in (SaveSummary(added=1), SaveSummary(unchanged=1)):
        response = room_import_use_case(repository, importing(skip_bad=True))
        assert response
        assert (response.value.saved, response.value.repeated) == (saved, 1)
        assert response.value.rejected.count == 2
        assert repository.get(room.code) is None


def test_a_room_keeps_the_code_of_an_earlier_release(make_room: MakeRoom) -> None:
    """Where it is stored under that and not under its present one; so it is not doubled."""
    present = [make_room(number, price=200) for number in range(1, 1_500)]
    repository = MemRepo([make_room(9_002), make_room(3), make_room(9_003), make_room(10_400)])

    def importing() -> RoomImportRequest:
        return RoomImportRequest(
            RoomLine(number, room, former_code=UUID(int=9_000 + number))
            for number, room in enumerate(present, 1)
        )

    for saved in (SaveSummary(1_496, 3, 0), SaveSummary(unchanged=1_499)):
        response = room_import_use_case(repository, importing())
        assert response
        assert response.value.saved == saved
    for gone, kept in ((2, 9_002), (1_400, 10_400)):
        assert repository.get(UUID(int=gone)) is None
        assert repository.get(UUID(int=kept)) == make_room(kept, price=200)
    assert repository.get(UUID(int=3)) == make_room(3, price=200)
    assert repository.get(UUID(int=9_003)) == make_room(9_003)


def test_staging_takes_no_memory(make_room: MakeRoom) -> None:
    """However many lines there are, and however many of them share a code."""
    lines = (RoomLine(number, make_room(number // 2 + number % 2)) for number in range(40_000))
    tracemalloc.start()
    try:
        with StagedLines(lines) as found:
            assert (found.bad, found.repeated) == (0, 19_999)
            assert sum(1 for _ in found) == 20_001
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 << 20


def test_a_file_that_cannot_be_kept_is_imported_later(
    make_room: MakeRoom, caplog: pytest.LogCaptureFixture
) -> None:
    """If the disk is full, nothing changes, and the log says why."""
    repository = MemRepo()
    lines = (RoomLine(number, make_room(number)) for number in range(1, 100_000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with caplog.at_level(logging.ERROR):
            response = room_import_use_case(repository, RoomImportRequest(lines))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not response
    assert response.type is ResponseTypes.UNAVAILABLE_ERROR
    assert response.message.startswith(
        "There is currently not enough disk space for the lines of this file"
    )
    assert "an import cannot be stored: " in caplog.text
    assert repository.get(make_room(1).code) is None
