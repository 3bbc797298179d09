"""Failures of the service: a bug is a 500, an unreachable database a 503."""

import logging
from contextlib import closing
from uuid import UUID

import psycopg
import pytest
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.tokens import digest_of, new_token
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.databases import locked_rooms

HTTP_1_1 = {"SERVER_PROTOCOL": "HTTP/1.1"}


class FailingRepository(MemRepo):
    """A repository with a bug."""

    def search(self, request: RoomListRequest) -> list[object]:  # type: ignore[override]
        """Fail with a text that clients must not see."""
        raise RuntimeError("secret of /etc/rentomatic")


def test_a_bug_is_a_500_that_names_only_its_request(caplog: pytest.LogCaptureFixture) -> None:
    """The client gets the number to quote, the log the traceback under it."""
    client = TestApp(Application(Stores(FailingRepository())))
    response = client.get("/rooms", headers={"X-Request-Id": "r-1"}, status=500)
    assert response.json == {
        "type": "SystemError",
        "message": "The service failed (request r-1)",
    }
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "r-1" in record.getMessage()
    assert record.exc_info


def test_an_unreachable_database_is_a_503(embedded_rooms: PostgresDatabase) -> None:
    """With Retry-After, for every route that needs it; errors of the request still come first."""
    away = embedded_rooms.url.replace("host=", "host=%2Fnone")
    with closing(Connections(away)) as connections:
        app = Application(Stores(PostgresRepo(connections)))
        client = TestApp(app, extra_environ=HTTP_1_1)
        for path in ("/rooms", "/rooms?limit=none", f"/rooms/{UUID(int=1)}"):
            response = client.get(path, status=503)
            assert response.headers["Retry-After"] == "1"
            assert response.json["type"] == "SystemError"
            assert response.headers["X-Request-Id"] in response.json["message"]
            assert "none" not in response.json["message"]
        assert client.get("/health/ready", status=503).headers["Retry-After"] == "1"
        assert client.get("/health/live").json == {"status": "live"}
        assert client.get("/rooms?limit=0", status=400)


def test_a_write_that_cannot_be_done_is_a_503(
    embedded_rooms: PostgresDatabase, postgres_embedded: PostgresRepo, rooms: list[Room]
) -> None:
    """As another session locks the room for too long; it is not done later either."""
    postgres_embedded.save(rooms)
    token = new_token()
    tokens = {digest_of(token): "office"}
    path, headers = f"/rooms/{rooms[0].code}", {"Authorization": f"Bearer {token}"}
    with closing(Connections(embedded_rooms.url, statement_timeout=0.1)) as connections:
        application = Application(Stores(PostgresRepo(connections)), tokens=tokens)
        client = TestApp(application, extra_environ=HTTP_1_1)
        with psycopg.connect(embedded_rooms.url) as other:
            other.execute("select from room for update")
            response = client.delete(path, headers=headers, status=503)
            assert response.headers["Retry-After"] == "1"
            assert response.json["type"] == "SystemError"
    assert postgres_embedded.get(rooms[0].code) == rooms[0]


def test_a_search_that_takes_too_long_says_what_to_narrow(
    embedded_rooms: PostgresDatabase,
) -> None:
    """The database cancels it; the same connection answers the next one."""
    with closing(Connections(embedded_rooms.url, statement_timeout=0.5)) as connections:
        client = TestApp(Application(Stores(PostgresRepo(connections))), extra_environ=HTTP_1_1)
        with locked_rooms(embedded_rooms):
            for path in ("/rooms?near=0,0&sort=-distance", "/rooms/summary?near=0,0&radius_min=1"):
                response = client.get(path, status=503)
                assert response.headers["Retry-After"] == "1"
                message = "The search took too long; narrow it with"
                assert response.json["message"].startswith(message)
        assert client.get("/rooms?limit=1").status_int == 200
