"""The import saves the rooms of a file, or says which lines stop it."""

from collections.abc import Iterable, Iterator
from itertools import chain
from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.results import SaveSummary
from rentomatic.requests.room_import import (
    BadLine,
    ImportOptions,
    Line,
    RoomImportRequest,
    RoomLine,
)
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_write import (
    RoomRemoveRequest,
    RoomReplaceRequest,
    RoomUpdateRequest,
    any_room,
)
from rentomatic.responses import (
    ResponseTypes,
)
from rentomatic.use_cases.room_import import NAMED_RANGES, Rejected, room_import_use_case
from rentomatic.use_cases.room_write import (
    room_remove_use_case,
    room_replace_use_case,
    room_update_use_case,
)


def lines(rooms: Iterable[Room], bad: int) -> Iterator[Line]:
    """Return bad lines, from line 2 on, and then rooms, from line 100 on."""
    yield from (BadLine(number, ("price is bad",), ["x"]) for number in range(2, 2 + bad))
    yield from (RoomLine(number, room) for number, room in enumerate(rooms, 100))


def importing(
    rooms: Iterable[Room], bad: int = 0, *, skip_bad: bool = False, dry_run: bool = False
) -> RoomImportRequest:
    """Make a request to import rooms and bad lines."""
    return RoomImportRequest(lines(rooms, bad), ImportOptions(skip_bad=skip_bad, dry_run=dry_run))


def test_import_saves_all_rooms(rooms: list[Room]) -> None:
    """And reports how many were added."""
    repository = MemRepo()
    response = room_import_use_case(repository, importing(rooms))
    assert response
    assert response.value.saved == SaveSummary(added=4)
    assert repository.get(rooms[0].code) == rooms[0]


def test_import_saves_nothing_of_a_file_with_bad_lines(rooms: list[Room]) -> None:
    """The first twenty are named, and the others are counted."""
    repository = MemRepo()
    response = room_import_use_case(repository, importing(rooms, bad=23))
    assert not response
    assert response.type is ResponseTypes.PARAMETERS_ERROR
    title, *named, more = response.message.splitlines()
    assert title == "Nothing was imported"
    assert named == [f"line {number}: price is bad" for number in range(2, 22)]
    assert more == "and 3 more bad lines"
    assert list(repository.search(RoomListRequest()).rooms) == []


def test_import_names_every_bad_line(rooms: list[Room]) -> None:
    """Of the first ones what is wrong, of the others the number, also of those behind good ones."""
    found = chain(lines(rooms, 3), [BadLine(900, ("is bad",), ["y"])])
    response = room_import_use_case(MemRepo(), RoomImportRequest(found), named=1)
    assert not response
    assert [str(each) for each in response.errors] == [
        "line 2: price is bad",
        "lines 3-4, 900: are also bad",
    ]


def test_bad_lines_without_end_take_no_memory() -> None:
    """If each is a range of one line, the first ranges are named; the others are counted."""
    named, counted = NAMED_RANGES, 5
    found = (BadLine(2 * number, ("is bad",), ()) for number in range(1, named + counted + 2))
    response = room_import_use_case(MemRepo(), RoomImportRequest(found), named=1)
    assert not response
    first, others = response.errors
    assert first.parameter == "line 2"
    assert others.parameter.startswith("lines 4, 6, ")
    assert others.parameter.endswith(f" {2 * named}, {2 * named + 2}, and {counted} more")


class HoldingRepository(MemRepo):
    """A repository that knows whether it is saving."""

    is_saving = False

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Save."""
        self.is_saving = True
        try:
            return super().save(rooms, dry_run=dry_run)
        finally:
            self.is_saving = False


def test_a_file_is_read_when_nothing_is_held(rooms: list[Room]) -> None:
    """No other write waits for a slow file, or for a transaction that will change nothing."""
    repository = HoldingRepository()
    held: list[bool] = []

    def found(bad: int) -> Iterator[Line]:
        for line in lines(rooms, bad):
            held.append(repository.is_saving)
            yield line

    assert room_import_use_case(repository, RoomImportRequest(found(0)))
    assert not room_import_use_case(repository, RoomImportRequest(found(2)))
    assert held == [False] * (len(rooms) + len(rooms) + 2)


def test_import_can_skip_bad_lines(rooms: list[Room]) -> None:
    """Good ones before and after are saved, and the bad ones are passed on."""
    repository = MemRepo()
    rejected: list[BadLine] = []
    response = room_import_use_case(
        repository, importing(rooms, bad=2, skip_bad=True), rejected.append
    )
    assert response
    assert response.value.saved == SaveSummary(added=4)
    assert response.value.rejected == Rejected(count=2, first=rejected)
    assert [line.number for line in rejected] == [2, 3]


def test_a_dry_run_tells_the_same_and_changes_nothing(rooms: list[Room]) -> None:
    """The summary is what an import would give."""
    repository = MemRepo()
    response = room_import_use_case(repository, importing(rooms, dry_run=True))
    assert response
    assert response.value.saved == SaveSummary(added=4)
    assert list(repository.search(RoomListRequest()).rooms) == []


class OvertakingRepository(MemRepo):
    """A repository in which another writer changes each room after it was read."""

    def get(self, code: UUID) -> Room | None:
        """Return a room, and change it."""
        room = super().get(code)
        if room:
            super().update(code, {"price": room.price + 1})
        return room


def test_who_is_overtaken_changes_nothing(rooms: list[Room]) -> None:
    """Also between the look at the room and the write."""
    repository = OvertakingRepository(rooms)
    before = rooms[0]

    def is_expected(_room: Room) -> bool:
        return True

    for response in (
        room_replace_use_case(repository, RoomReplaceRequest(before, is_expected)),
        room_update_use_case(repository, RoomUpdateRequest(before.code, {"size": 1}, is_expected)),
        room_remove_use_case(repository, RoomRemoveRequest(before.code, is_expected)),
    ):
        assert not response
        assert response.type is ResponseTypes.PRECONDITION_ERROR
    anything = RoomUpdateRequest(before.code, {"size": before.size}, any_room)
    assert room_update_use_case(repository, anything)
    after = repository.get(before.code)
    assert after
    assert (after.size, after.price) == (before.size, before.price + 3)
