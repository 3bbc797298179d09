"""What is special about MongoDB: its documents, and outages."""

import mongomock
import pytest

from rentomatic.domain.room import Room
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.mongorepo import MongoRepo, connect
from rentomatic.requests.room_list import RoomListRequest


def test_a_room_is_a_readable_document(rooms: list[Room]) -> None:
    """It has the code as text and a number for the order; no other collections remain."""
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


def test_an_unreachable_server_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    """Every kind of query reports it, and the log has the reason."""
    database = connect("mongodb://127.0.0.1:1/rooms", timeout_milliseconds=50)
    with database.client:
        repository = MongoRepo(database)
        for limit in (10, None):
            with pytest.raises(RepositoryUnavailableError):
                repository.search(RoomListRequest(limit=limit))
        with pytest.raises(RepositoryUnavailableError):
            repository.schema()
    assert "127.0.0.1:1" in caplog.text
