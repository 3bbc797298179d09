"""The index finds exactly the searches that find a room."""

from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from rentomatic.domain.room import Room
from rentomatic.notifying.index import SearchIndex
from rentomatic.repository.selection import passes
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.room_summary import build_room_summary_request
from rentomatic.wsgi.arguments import read_selection
from tests.contract.test_agreement import rooms as any_room
from tests.contract.test_agreement import selections

LIST = st.lists(selections(), min_size=1, max_size=4)
ROOMS = st.lists(any_room(), min_size=1, max_size=3)


def found_by_index(found: list[RoomSelection], room: Room) -> list[int]:
    """Return the numbers of the searches that find a room."""
    return sorted(SearchIndex(enumerate(found)).matching(room))


# Each example is large.
@settings(max_examples=20)
@given(LIST, ROOMS)
def test_it_agrees_with_comparing_everything(
    wanted: list[dict[str, Any]], rooms: list[Room]
) -> None:
    """With any searches and rooms: none is missed, and none is found twice."""
    read = [build_room_summary_request(**each) for each in wanted]
    valid = [each for each in read if isinstance(each, RoomSelection)]
    assert len(valid) == len(read)
    for room in rooms:
        expected = [number for number, each in enumerate(valid) if passes(room, each)]
        assert found_by_index(valid, room) == expected


def selection(query: str) -> RoomSelection:
    """Read a search."""
    read = read_selection(query)
    assert isinstance(read, RoomSelection)
    return read


def room_with(**fields: object) -> Room:
    """Make a room in Berlin."""
    values = {"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5, "city": "Berlin"}
    code = "00000000-0000-0000-0000-000000000001"
    return Room.from_dict({"code": UUID(code), **values, **fields})


def test_few_searches_are_compared_with_a_room() -> None:
    """Those near it, with its words, its values, or about its price."""
    queries = [
        *(f"near={x},{y}&radius=5000" for x in range(-170, 170, 10) for y in range(-80, 80, 10)),
        *(f"filter_city__eq=Town{number}" for number in range(500)),
        *(f"q=word{number:03}" for number in range(500)),
        *(f"filter_reference__eq={number}" for number in range(500)),
        *(f"filter_price__gt={2**number}" for number in range(10, 40)),
    ]
    index = SearchIndex([(query, selection(query)) for query in queries])
    assert len(queries) > 2_000
    assert not list(index.candidates(room_with(description="A flat with a balcony")))


def test_boxes_at_the_edge_of_the_map_are_found() -> None:
    """Across the antimeridian, at 180 degrees on both sides, and around the poles."""
    for query, place in (
        ("bbox=178,-19,-178,-17", {"longitude": -179.0, "latitude": -18.0}),
        ("bbox=178,-19,180,-17", {"longitude": -180.0, "latitude": -18.0}),
        ("bbox=-180,-19,-178,-17", {"longitude": 180.0, "latitude": -18.0}),
        ("near=180,0&radius=1000", {"longitude": -180.0, "latitude": 0.0}),
        ("near=0,90&radius=1000", {"longitude": 100.0, "latitude": 90.0}),
        ("bbox=0,0,0,0", {"longitude": 0.0, "latitude": 0.0}),
    ):
        assert found_by_index([selection(query)], room_with(**place)) == [0], query


def test_words_in_scripts_without_spaces_are_found() -> None:
    """Anywhere in a run, as a search finds them."""
    room = room_with(title="新宿3丁目 tower", description="ｶﾞｰﾃﾞﾝ")
    words = ("宿", "新宿", "3丁目", "丁目", "tow", "towers", "ガーデン", "ーデ", "目")
    queries = [f"q={word}" for word in words]
    found = found_by_index([selection(each) for each in queries], room)
    assert found == [number for number, word in enumerate(words) if word != "towers"]
