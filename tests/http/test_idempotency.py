"""`Idempotency-Key`: a write that is sent once more is not made once more."""

import json
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from webtest import TestApp, TestResponse

from rentomatic.config import PostgresDatabase
from rentomatic.repository.connections import Connections
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.tokens import digest_of, new_token
from rentomatic.wsgi.application import Application

TOKEN, OTHER = new_token(), new_token()
TOKENS = {digest_of(TOKEN): "office", digest_of(OTHER): "portal"}
VALUES = {"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}


@pytest.fixture
def client(database: PostgresDatabase) -> Iterator[TestApp]:
    """The application over a database of the test's own."""
    with closing(Connections(database.url)) as connections:
        application = Application(
            PostgresRepo(connections),
            tokens=TOKENS,
            changes=PostgresChanges(connections),
            idempotency=PostgresIdempotency(connections),
        )
        yield TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


def add(
    client: TestApp, key: str, status: int, token: str = TOKEN, **values: object
) -> TestResponse:
    """Add a room with a key."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": key,
        "Content-Type": "application/json",
    }
    return client.post("/rooms", json.dumps({**VALUES, **values}), headers, status=status)


def test_the_answer_is_that_of_the_first_time(client: TestApp) -> None:
    """With its code, tag and place; there is one room, and it was added by whose token it was."""
    first = add(client, "a b-1", 201)
    again = add(client, "a b-1", 201)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert [room["code"] for room in client.get("/rooms").json] == [first.json["code"]]


def test_who_wrote_is_noted(client: TestApp, database: PostgresDatabase) -> None:
    """By the name of the token, with a key and without; in psql it is the role."""
    add(client, "a", 201)
    path = add(client, "b", 201, OTHER).headers["Location"]
    client.delete(path, headers={"Authorization": f"Bearer {TOKEN}"}, status=204)
    with psycopg.connect(database.url) as connection:
        connection.execute("delete from room")
        rows = connection.execute("select made_by, kind from room_change order by id").fetchall()
    assert rows == [
        ("office", "added"),
        ("portal", "added"),
        ("office", "removed"),
        ("rentomatic", "removed"),
    ]


def test_another_request_needs_another_key(client: TestApp) -> None:
    """Another body is a conflict; another client's key is another one."""
    add(client, "a", 201)
    message = add(client, "a", 409, price=61).json["message"]
    assert message == "Idempotency-Key: was used for another request; take a new one"
    add(client, "a", 201, OTHER, price=61)
    assert len(client.get("/rooms").json) == 2


def test_a_refusal_is_not_kept(client: TestApp) -> None:
    """Whoever mends what was wrong may send it with the same key."""
    assert add(client, "a", 400, price=-1).json["message"].startswith("price: ")
    code = add(client, "a", 201).json["code"]
    assert add(client, "b", 409, code=code).json["type"] == "ConflictError"
    add(client, "b", 201)
    assert len(client.get("/rooms").json) == 2


@pytest.mark.parametrize("key", ["", "a" * 256, "tab\there", "umlaut \xe4"])
def test_a_key_is_printable(client: TestApp, key: str) -> None:
    """And not too long; else nothing is written."""
    message = add(client, key, 400).json["message"]
    assert message == "Idempotency-Key: must be 1 to 255 printable characters of ASCII"
    assert client.get("/rooms").json == []


def test_where_it_cannot_be_promised_it_is_refused() -> None:
    """Rather than to write twice unseen."""
    client = TestApp(Application(MemRepo(), tokens=TOKENS))
    message = add(client, "a", 400).json["message"]
    assert message == "Idempotency-Key: cannot be used here; it needs PostgreSQL"
    assert client.get("/rooms").json == []
