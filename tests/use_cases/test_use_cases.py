"""The use cases turn requests into responses, whatever happens beneath them."""

import json
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID, uuid4

import pytest

from rentomatic.demo import book_rooms
from rentomatic.domain.room import Room
from rentomatic.repository.errors import (
    ChangesGoneError,
    RepositoryBusyError,
    RepositoryStandbyError,
    RepositoryTimeoutError,
    RepositoryUnavailableError,
    RepositoryUnfitError,
)
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.results import (
    ChangePage,
    Mapped,
    Page,
    SaveSummary,
    Schema,
    Summarized,
    Total,
)
from rentomatic.requests.room_changes import RoomChangesRequest, Start, build_room_changes_request
from rentomatic.requests.room_fields import Value
from rentomatic.requests.room_get import RoomGetRequest, build_room_get_request
from rentomatic.requests.room_import import (
    RoomImportRequest,
)
from rentomatic.requests.room_list import RoomListRequest, build_room_list_request
from rentomatic.requests.room_map import RoomMapRequest
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.room_summary import RoomSummaryRequest
from rentomatic.requests.room_write import (
    RoomAddRequest,
    RoomRemoveRequest,
    RoomReplaceRequest,
    RoomUpdateRequest,
    any_room,
)
from rentomatic.responses import (
    TOO_MANY_SEARCHES,
    TOO_MANY_STREAMS,
    TOOK_TOO_LONG,
    UNAVAILABLE,
    UNFIT,
    ResponseFailure,
    ResponseSuccess,
    ResponseTypes,
)
from rentomatic.use_cases.readiness import readiness_use_case
from rentomatic.use_cases.room_changes import room_changes_use_case
from rentomatic.use_cases.room_get import room_get_use_case
from rentomatic.use_cases.room_import import room_import_use_case
from rentomatic.use_cases.room_list import room_list_use_case
from rentomatic.use_cases.room_write import (
    room_add_use_case,
    room_remove_use_case,
    room_replace_use_case,
    room_update_use_case,
)


class AwayRepository:
    """A repository whose store is away."""

    def search(self, request: RoomListRequest) -> Page:
        """Fail."""
        raise RepositoryUnavailableError

    def summarize(self, request: RoomSummaryRequest) -> Summarized:
        """Fail."""
        raise RepositoryUnavailableError

    def count_some(self, selection: RoomSelection, most: int) -> Total:
        """Fail."""
        raise RepositoryUnavailableError

    def map_rooms(self, request: RoomMapRequest) -> Mapped:
        """Fail."""
        raise RepositoryUnavailableError

    def get(self, code: UUID) -> Room | None:
        """Fail."""
        raise RepositoryUnavailableError

    def existing(self, codes: Collection[UUID]) -> Collection[UUID]:
        """Fail."""
        raise RepositoryUnavailableError

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Fail."""
        raise RepositoryUnavailableError

    def add(self, room: Room) -> bool:
        """Fail."""
        raise RepositoryUnavailableError

    def put(self, room: Room) -> bool:
        """Fail."""
        raise RepositoryUnavailableError

    def update(
        self, code: UUID, values: Mapping[str, Value], expected: Room | None = None
    ) -> Room | None:
        """Fail."""
        raise RepositoryUnavailableError

    def remove(self, code: UUID, expected: Room | None = None) -> bool:
        """Fail."""
        raise RepositoryUnavailableError

    def version(self) -> str | None:
        """Fail."""
        raise RepositoryUnavailableError

    def schema(self) -> Schema:
        """Fail."""
        raise RepositoryUnavailableError


class UnmigratedRepository(MemRepo):
    """A repository that lacks a migration."""

    def schema(self) -> Schema:
        """Lack one, and have one of a newer release."""
        return Schema(missing=("0002.add-x",), newer=("0003.add-y",))


@pytest.fixture
def filled(rooms: list[Room]) -> MemRepo:
    """A repository with the book's rooms."""
    return MemRepo(rooms)


def test_list_gives_the_rooms_of_the_search(filled: MemRepo, rooms: list[Room]) -> None:
    """A valid request succeeds; the response is true."""
    response = room_list_use_case(filled, build_room_list_request({"price__lt": "50"}))
    assert response
    assert response.type is ResponseTypes.SUCCESS
    assert response.value.rooms == [rooms[0], rooms[3]]


def test_list_tells_what_is_wrong_with_a_request(filled: MemRepo) -> None:
    """A line for each error; the response is false."""
    response = room_list_use_case(filled, build_room_list_request({"prise__lq": "1"}, limit="0"))
    assert not response
    assert response.type is ResponseTypes.PARAMETERS_ERROR
    assert response.message.splitlines()[0] == (
        "filters: Key prise__lq cannot be used; did you mean price__lt?"
    )
    assert [error.parameter for error in response.errors] == ["filters", "limit"]


def test_a_failure_is_json_as_in_the_book(filled: MemRepo) -> None:
    """Its value has a type and a message."""
    response = room_list_use_case(filled, build_room_list_request({"price__eq": "x"}))
    assert json.loads(json.dumps(response.value)) == {
        "type": "ParametersError",
        "message": "filters: price__eq must be an integer of at most 18 digits such as 60, not 'x'",
    }


@pytest.mark.parametrize(
    ("kind", "general"),
    [
        (ResponseTypes.GONE_ERROR, "ResourceError"),
        (ResponseTypes.PRECONDITION_ERROR, "ConflictError"),
        (ResponseTypes.UNAVAILABLE_ERROR, "SystemError"),
        (ResponseTypes.RESOURCE_ERROR, "ResourceError"),
    ],
)
def test_a_client_reads_the_general_kind_of_a_failure(kind: ResponseTypes, general: str) -> None:
    """A special kind has a status and an exit code of its own, but no name of its own."""
    assert ResponseFailure(kind, "message").value == {"type": general, "message": "message"}


@pytest.mark.parametrize(
    ("reason", "response"),
    [
        (RepositoryBusyError(), TOO_MANY_SEARCHES),
        (RepositoryTimeoutError(), TOOK_TOO_LONG),
        (RepositoryUnfitError(), UNFIT),
        (RepositoryUnavailableError(), UNAVAILABLE),
    ],
)
def test_each_error_of_the_store_has_its_response(
    reason: Exception, response: ResponseFailure
) -> None:
    """A search that takes too long can be narrowed; a write can only be sent again."""

    class Failing(AwayRepository):
        def search(self, request: RoomListRequest) -> Page:
            raise reason

        def put(self, room: Room) -> bool:
            raise reason

    assert room_list_use_case(Failing(), RoomListRequest()) == response
    replaced = room_replace_use_case(Failing(), RoomReplaceRequest(book_rooms()[0]))
    assert replaced == (UNAVAILABLE if response is TOOK_TOO_LONG else response)


def test_a_stream_that_finds_no_slot_can_be_read_in_pages() -> None:
    """The failure says so."""

    class Busy(AwayRepository):
        def search(self, request: RoomListRequest) -> Page:
            raise RepositoryBusyError

    assert room_list_use_case(Busy(), RoomListRequest(limit=None)) == TOO_MANY_STREAMS


def test_get_finds_a_room(filled: MemRepo, rooms: list[Room]) -> None:
    """By its code."""
    response = room_get_use_case(filled, RoomGetRequest(rooms[1].code))
    assert response == ResponseSuccess(rooms[1])


def test_get_tells_that_there_is_none(filled: MemRepo) -> None:
    """A resource error that names the code."""
    code = uuid4()
    response = room_get_use_case(filled, RoomGetRequest(code))
    assert not response
    assert response.type is ResponseTypes.RESOURCE_ERROR
    assert str(code) in response.message


def test_get_tells_what_is_wrong_with_a_code(filled: MemRepo) -> None:
    """A parameters error."""
    response = room_get_use_case(filled, build_room_get_request("abc"))
    assert not response
    assert response.type is ResponseTypes.PARAMETERS_ERROR


def test_a_store_that_is_away_is_an_outcome(rooms: list[Room]) -> None:
    """No use case raises for it or reveals the reason."""
    away = AwayRepository()
    nothing = RoomImportRequest(iter(()))
    assert room_list_use_case(away, RoomListRequest()) == UNAVAILABLE
    assert room_get_use_case(away, RoomGetRequest(uuid4())) == UNAVAILABLE
    assert room_import_use_case(away, nothing) == UNAVAILABLE
    assert readiness_use_case(away) == UNAVAILABLE
    for is_expected in (None, any_room, lambda _room: True):
        for response in (
            room_add_use_case(away, RoomAddRequest(rooms[0])),
            room_replace_use_case(away, RoomReplaceRequest(rooms[0], is_expected)),
            room_replace_use_case(away, RoomReplaceRequest(rooms[0], only_add=True)),
            room_update_use_case(away, RoomUpdateRequest(uuid4(), {}, is_expected)),
            room_remove_use_case(away, RoomRemoveRequest(uuid4(), is_expected)),
        ):
            assert response == UNAVAILABLE


def test_readiness_names_missing_migrations(filled: MemRepo) -> None:
    """Without them the service cannot serve; what is newer does not matter."""
    assert readiness_use_case(filled) == ResponseSuccess(Schema())
    response = readiness_use_case(UnmigratedRepository())
    assert not response
    assert response.type is ResponseTypes.UNAVAILABLE_ERROR
    assert response.message == "The database lacks 0002.add-x; run: rentomatic migrate"


class FailingChanges:
    """A history that cannot be read."""

    def __init__(self, reason: Exception) -> None:
        self._reason = reason

    def read(self, request: RoomChangesRequest) -> ChangePage:
        """Fail."""
        raise self._reason


@pytest.mark.parametrize(
    ("reason", "kind", "expected"),
    [
        (ChangesGoneError(), ResponseTypes.GONE_ERROR, "since: the changes since this cursor"),
        (RepositoryStandbyError(), ResponseTypes.UNAVAILABLE_ERROR, "The database is a standby"),
        (RepositoryUnavailableError(), ResponseTypes.UNAVAILABLE_ERROR, UNAVAILABLE.message),
    ],
)
def test_changes_that_cannot_be_served_are_a_failure(
    reason: Exception, kind: ResponseTypes, expected: str
) -> None:
    """Each with its kind and what to do."""
    response = room_changes_use_case(FailingChanges(reason), RoomChangesRequest(Start.NOW))
    assert isinstance(response, ResponseFailure)
    assert response.type is kind
    assert response.message.startswith(expected)


def test_changes_need_a_history_and_a_right_request() -> None:
    """Errors of the request come first."""
    missing = room_changes_use_case(None, RoomChangesRequest(Start.NOW))
    assert missing.type is ResponseTypes.RESOURCE_ERROR
    wrong = room_changes_use_case(None, build_room_changes_request())
    assert wrong.type is ResponseTypes.PARAMETERS_ERROR
