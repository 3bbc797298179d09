"""Cursors keep a position as text, for one search only."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.requests.room_cursor import read_cursor, write_cursor
from rentomatic.requests.room_list import RoomListRequest, build_room_list_request
from rentomatic.requests.room_order import BY_ADDING, parse_sort
from rentomatic.requests.room_selection import RoomSelection

ORDER = parse_sort("price,-latitude")
HERE = (60, 51.5, UUID(int=7))


@given(st.integers(0, 2**53), st.floats(-90, 90), st.uuids())
def test_every_position_is_read_back(price: int, latitude: float, code: UUID) -> None:
    """To the last bit."""
    selection = RoomSelection()
    cursor = write_cursor(selection, ORDER, (price, latitude, code))
    assert read_cursor(cursor, selection, ORDER) == (price, latitude, code)
    assert len(cursor) < 150
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_filters_in_another_order_are_the_same_search() -> None:
    """The order of the filters does not matter."""
    one = build_room_list_request({"price__lt": 5, "size__gt": 6})
    other = build_room_list_request({"size__gt": 6, "price__lt": 5}, limit=3, fields="code")
    assert isinstance(one, RoomListRequest)
    assert isinstance(other, RoomListRequest)
    assert read_cursor(write_cursor(one, ORDER, HERE), other, ORDER) == HERE


@pytest.mark.parametrize(
    "other",
    [
        {"filters": {"price__lt": 5}},
        {"bbox": "0,0,1,1"},
        {"near": "0,0"},
        {"near": "0,0", "radius": "1"},
        {"q": "garden"},
    ],
)
def test_another_search_refuses_it(other: dict[str, object]) -> None:
    """It would continue in the middle of other rooms."""
    request = build_room_list_request(**other)  # type: ignore[arg-type]
    assert isinstance(request, RoomListRequest)
    with pytest.raises(ValueError, match="must be a cursor of this search"):
        read_cursor(write_cursor(RoomSelection(), ORDER, HERE), request, ORDER)
    with pytest.raises(ValueError, match="must be a cursor of this search"):
        read_cursor(write_cursor(request, ORDER, HERE), request, parse_sort("-price,-latitude"))


@pytest.mark.parametrize(
    "position",
    [
        (),
        (60, 51.5),
        (60, 51.5, UUID(int=7), 1),
        (60.0, 51.5, UUID(int=7)),
        (60, 51, UUID(int=7)),
        (True, 51.5, UUID(int=7)),
        ("60", 51.5, UUID(int=7)),
        (60, float("nan"), UUID(int=7)),
        (60, float("inf"), UUID(int=7)),
        (2**64, 51.5, UUID(int=7)),
        (60, 51.5, "7"),
        (60, 51.5, None),
        (60, [51.5], UUID(int=7)),
    ],
)
def test_a_wrong_position_with_a_right_digest_is_refused(position: object) -> None:
    """A made-up cursor works no better than an altered one."""
    cursor = write_cursor(RoomSelection(), ORDER, position)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be a cursor of this search"):
        read_cursor(cursor, RoomSelection(), ORDER)


@pytest.mark.parametrize("text", ["", "x", "é", "=", "A" * 600, "////", "[1]", "A" * 64, "\ud800"])
def test_other_texts_are_refused(text: str) -> None:
    """On one line of limited length."""
    with pytest.raises(ValueError, match="must be a cursor of this search") as error:
        read_cursor(text, RoomSelection(), BY_ADDING)
    assert len(str(error.value)) < 220
