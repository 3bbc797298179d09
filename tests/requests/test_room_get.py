"""The request for one room."""

from uuid import UUID

import pytest

from rentomatic.requests.room_get import RoomGetRequest, build_room_get_request

CODE = UUID("f853578c-fc0f-4e65-81b8-566c5dffa35a")


@pytest.mark.parametrize("code", [CODE, str(CODE), str(CODE).upper(), CODE.hex])
def test_a_code_is_read(code: object) -> None:
    """A UUID, or any standard spelling of it."""
    assert build_room_get_request(code) == RoomGetRequest(CODE)  # type: ignore[arg-type]


def test_another_code_is_refused() -> None:
    """The message says what a code looks like."""
    request = build_room_get_request("abc")
    assert not request
    assert str(request.errors[0]).startswith("code: must be a UUID such as ")
