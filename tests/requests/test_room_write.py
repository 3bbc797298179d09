"""The requests to add, replace, change and remove rooms."""

from uuid import UUID

import pytest

from rentomatic.domain.room import Room
from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.room_write import (
    RoomAddRequest,
    RoomRemoveRequest,
    RoomReplaceRequest,
    RoomUpdateRequest,
    build_room_add_request,
    build_room_remove_request,
    build_room_replace_request,
    build_room_update_request,
)

CODE = UUID("f853578c-fc0f-4e65-81b8-566c5dffa35a")
VALUES = {"size": 20, "price": 60, "longitude": 13, "latitude": 52.5}
ROOM = Room(CODE, 20, 60, 13.0, 52.5)


def errors(request: object) -> list[str]:
    """Return the errors of a request."""
    assert isinstance(request, InvalidRequest)
    return [str(each) for each in request.errors]


@pytest.mark.parametrize("code", [CODE, str(CODE), str(CODE).upper()])
def test_a_room_is_read(code: object) -> None:
    """Its code in any spelling; a coordinate may be a whole number."""
    request = build_room_add_request({"code": code, **VALUES})
    assert request == RoomAddRequest(ROOM)
    assert request
    assert isinstance(request.room.longitude, float)


def test_a_room_without_a_code_gets_one() -> None:
    """A different one each time."""
    first, second = build_room_add_request(VALUES), build_room_add_request(VALUES)
    assert first
    assert second
    assert first.room.code != second.room.code


def test_what_could_not_be_read_is_not_missing() -> None:
    """It is reported first, and once."""
    unreadable = [ParameterError("size", "must be an integer")]
    request = build_room_add_request({"price": -1}, unreadable)
    assert [line.split(":")[0] for line in errors(request)] == [
        *("size", "latitude", "longitude", "price")
    ]


def test_a_replacement_has_the_code_in_the_path() -> None:
    """Or none."""
    for values in (VALUES, {"code": str(CODE), **VALUES}):
        assert build_room_replace_request(CODE, values) == RoomReplaceRequest(ROOM)
    assert errors(build_room_replace_request(UUID(int=1), {"code": str(CODE), **VALUES})) == [
        f"code: must be the code in the path, {UUID(int=1)}"
    ]


def test_a_change_names_some_fields() -> None:
    """Or none; the code may be text."""
    request = build_room_update_request(str(CODE), {"price": 1, "latitude": -0.0})
    assert request == RoomUpdateRequest(CODE, {"price": 1, "latitude": 0.0})
    assert str(request.values["latitude"]) == "0.0"
    assert build_room_update_request(CODE, {}) == RoomUpdateRequest(CODE, {})


def test_all_errors_of_a_change_are_reported() -> None:
    """Including those of its code."""
    values = {"code": "x", "size": 0, "colour": "red"}
    lines = errors(
        build_room_update_request("abc", values, unreadable=[ParameterError("price", "x")])
    )
    assert [line.split(":")[0] for line in lines] == ["code", "price", "colour", "code", "size"]


def test_a_removal_names_a_room() -> None:
    """By its code."""
    assert build_room_remove_request(str(CODE)) == RoomRemoveRequest(CODE)
    assert errors(build_room_remove_request("abc"))[0].startswith("code: must be a UUID such as ")
