"""What rooms look like in JSON."""

import json

import pytest

from rentomatic.domain.room import Room
from rentomatic.serializers.json import dump_room, dump_rooms, stream_rooms
from rentomatic.serializers.room import RoomJsonEncoder

WIRE = (
    '{"code":"f853578c-fc0f-4e65-81b8-566c5dffa35a","size":215,"price":39,'
    '"latitude":51.75436293,"longitude":-0.09998975}'
)


def test_a_room_is_an_object_with_the_books_keys_in_the_books_order(rooms: list[Room]) -> None:
    """Byte for byte."""
    assert dump_room(rooms[0]) == WIRE.encode()


def test_the_standard_librarys_json_can_be_taught(rooms: list[Room]) -> None:
    """RoomJsonEncoder writes the same object, and refuses what is no room."""
    assert json.dumps(rooms[0], cls=RoomJsonEncoder, separators=(",", ":")) == WIRE
    with pytest.raises(TypeError):
        json.dumps(object(), cls=RoomJsonEncoder)


@pytest.mark.parametrize("amount", [0, 1, 2, 4, 1_000, 1_001, 2_000, 2_500])
def test_a_stream_is_the_same_array_in_pieces(rooms: list[Room], amount: int) -> None:
    """However many pieces it takes, none of them large."""
    some = (rooms * (amount // len(rooms) + 1))[:amount]
    pieces = list(stream_rooms(iter(some)))
    assert b"".join(pieces) == dump_rooms(some)
    assert len(pieces) == -(-amount // 1_000) + 1
