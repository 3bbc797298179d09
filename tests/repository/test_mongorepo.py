"""What is special about MongoDB: how rooms look there, and that it may be away."""

import mongomock
import pytest

from rentomatic.domain.room import Room
from rentomatic.repository.interface import RepositoryUnavailableError
from rentomatic.repository.mongorepo import MongoRepo, connect
from rentomatic.requests.room_list import RoomListRequest


def test_a_room_is_a_document_that_a_person_can_read(rooms: list[Room]) -> None:
    """With the code as text and a number that keeps the order; nothing else is left behind."""
    database = mongomock.MongoClient()["rooms"]
    MongoRepo(database).save(rooms)
    assert database["room"].find_one() == {
        "_id": 1,
        "code": "f853578c-fc0f-4e65-81b8-566c5dffa35a",
        "size": 215,
        "price": 39,
        "longitude": -0.09998975,
        "latitude": 51.75436293,
    }
    assert sorted(database.list_collection_names()) == ["counter", "room"]


def test_a_server_that_is_away_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """For every way to ask, with the reason in the log."""
    database = connect("mongodb://127.0.0.1:1/rooms", timeout_milliseconds=50)
    with database.client:
        repository = MongoRepo(database)
        for limit in (10, None):
            with pytest.raises(RepositoryUnavailableError):
                repository.search(RoomListRequest(limit=limit))
        with pytest.raises(RepositoryUnavailableError):
            repository.schema()
    assert "127.0.0.1:1" in caplog.text
