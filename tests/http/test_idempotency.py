"""`Idempotency-Key`: a write that is sent once more is not made once more."""

import json
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import psycopg
import pytest
from webtest import TestApp, TestResponse

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.tokens import digest_of, new_token
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores

TOKEN, OTHER = new_token(), new_token()
TOKENS = {digest_of(TOKEN): "office", digest_of(OTHER): "portal"}
VALUES = {"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}


@pytest.fixture
def client(empty_rooms: PostgresDatabase) -> Iterator[TestApp]:
    """The application over an empty database."""
    with closing(Connections(empty_rooms.url)) as connections:
        application = Application(
            Stores(
                PostgresRepo(connections),
                changes=PostgresChanges(connections),
                idempotency=PostgresIdempotency(connections, PostgresRepo(connections)),
            ),
            tokens=TOKENS,
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
    """With its status, tag and location; one room was added, in the name of the token."""
    first = add(client, "a b-1", 201)
    again = add(client, "a b-1", 201)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert [room["code"] for room in client.get("/rooms").json] == [first.json["code"]]


def test_who_wrote_is_noted(client: TestApp, empty_rooms: PostgresDatabase) -> None:
    """By the name of the token, with a key and without; in psql it is the role."""
    add(client, "a", 201)
    path = add(client, "b", 201, OTHER).headers["Location"]
    client.delete(path, headers={"Authorization": f"Bearer {TOKEN}"}, status=204)
    with psycopg.connect(empty_rooms.url) as connection:
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
    assert message == "Idempotency-Key: was used for another request; use a new one"
    add(client, "a", 201, OTHER, price=61)
    assert len(client.get("/rooms").json) == 2


def test_a_refusal_is_not_kept(client: TestApp) -> None:
    """The corrected request may be sent with the same key."""
    assert add(client, "a", 400, price=-1).json["message"].startswith("price: ")
    code = add(client, "a", 201).json["code"]
    assert add(client, "b", 409, code=code).json["type"] == "ConflictError"
    add(client, "b", 201)
    assert len(client.get("/rooms").json) == 2


@pytest.mark.parametrize("key", ["", "a" * 256, "tab\there", "umlaut \xe4"])
def test_a_key_is_printable(client: TestApp, key: str) -> None:
    """And not too long; else nothing is written."""
    message = add(client, key, 400).json["message"]
    assert message == "Idempotency-Key: must be 1 to 255 printable ASCII characters"
    assert client.get("/rooms").json == []


CODE = "00000000-0000-4000-8000-000000000001"
PATH = f"/rooms/{CODE}"
MEDIA_TYPES = {"PUT": "application/json", "PATCH": "application/merge-patch+json", "DELETE": ""}


def write(
    client: TestApp, method: str, key: str, status: int, values: object = None, **headers: str
) -> TestResponse:
    """Write to one room with a key."""
    given = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": key}
    given |= {"Content-Type": MEDIA_TYPES[method]} if MEDIA_TYPES[method] else {}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    body = b"" if values is None else json.dumps(values).encode()
    return client.request(PATH, method=method, body=body, headers=given, status=status)


def same(answer: TestResponse, other: TestResponse) -> bool:
    """Compare what a client sees, but for the name of the request."""
    seen = [
        (each.status, each.body, {**each.headers, "X-Request-Id": ""}) for each in (answer, other)
    ]
    return seen[0] == seen[1]


def test_a_put_that_is_repeated_adds_once(client: TestApp) -> None:
    """The answer stays a 201 with its place, though by now it would replace what another wrote."""
    first = write(client, "PUT", "a", 201, VALUES)
    write(client, "PATCH", "b", 200, {"price": 1})
    assert same(write(client, "PUT", "a", 201, VALUES), first)
    assert client.get(PATH).json["price"] == 1
    only_add = write(client, "PUT", "a", 201, VALUES, If_None_Match="*")
    assert only_add.headers["Location"] == PATH


def test_a_patch_that_is_repeated_keeps_its_answer(client: TestApp) -> None:
    """Also where its own change has made `If-Match` fail, and where others have written since."""
    tag = write(client, "PUT", "a", 201, VALUES).headers["ETag"]
    first = write(client, "PATCH", "a", 200, {"price": 70}, If_Match=tag)
    assert same(write(client, "PATCH", "a", 200, {"price": 70}, If_Match=tag), first)
    write(client, "PATCH", "b", 200, {"price": 71})
    assert same(write(client, "PATCH", "a", 200, {"price": 70}, If_Match=tag), first)
    assert client.get(PATH).json["price"] == 71
    write(client, "PATCH", "c", 412, {"price": 70}, If_Match=tag)


def test_a_delete_that_is_repeated_keeps_its_answer(client: TestApp) -> None:
    """A 204 without a body, and a room that was added again meanwhile stays."""
    write(client, "PUT", "a", 201, VALUES)
    first = write(client, "DELETE", "a", 204)
    again = write(client, "DELETE", "a", 204)
    assert same(again, first)
    assert "Content-Type" not in again.headers
    write(client, "DELETE", "b", 404)
    write(client, "PUT", "b", 201, VALUES)
    write(client, "DELETE", "a", 204)
    assert client.get(PATH).json["price"] == 60
    write(client, "DELETE", "b", 204)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_key_of_a_change_is_for_one_body(client: TestApp, method: str) -> None:
    """Another one is a conflict, and changes nothing."""
    write(client, "PUT", "first", 201, VALUES)
    write(client, method, "a", 200, {**VALUES, "price": 1})
    message = write(client, method, "a", 409, {**VALUES, "price": 2}).json["message"]
    assert message == "Idempotency-Key: was used for another request; use a new one"
    assert client.get(PATH).json["price"] == 1


def test_a_key_is_for_one_method_and_path(client: TestApp) -> None:
    """The same for another room, or for another method, is another key."""
    add(client, "a", 201)
    write(client, "PUT", "a", 201, VALUES)
    write(client, "PATCH", "a", 200, {"price": 1})
    write(client, "DELETE", "a", 204)
    assert len(client.get("/rooms").json) == 1


def test_a_change_that_was_refused_may_be_sent_again(client: TestApp) -> None:
    """After a 404, 412 or 400 with the same key, once the mistake is corrected."""
    write(client, "PATCH", "a", 404, {"price": 1})
    write(client, "DELETE", "a", 404)
    tag = write(client, "PUT", "a", 201, VALUES).headers["ETag"]
    write(client, "PATCH", "a", 412, {"price": 1}, If_Match='"x"')
    write(client, "PATCH", "a", 400, {"price": -1})
    write(client, "PATCH", "a", 200, {"price": 1}, If_Match=tag)
    write(client, "DELETE", "a", 412, If_Match=tag)
    write(client, "DELETE", "a", 204)


def test_a_known_key_does_not_hide_an_invalid_request(client: TestApp) -> None:
    """A condition or parameter that is not understood is never ignored."""
    write(client, "PUT", "a", 201, VALUES)
    write(client, "PUT", "a", 400, VALUES, If_Match="x")
    write(client, "PUT", "a", 415, VALUES, Content_Type="text/plain")
    write(client, "DELETE", "a", 204)
    write(client, "DELETE", "a", 400, If_Match="")
    write(client, "DELETE", "a", 400, If_None_Match="*")


@pytest.mark.parametrize("method", MEDIA_TYPES)
def test_a_malformed_key_changes_nothing(client: TestApp, method: str) -> None:
    """It is an error with any method that writes."""
    write(client, "PUT", "a", 201, VALUES)
    values = None if method == "DELETE" else {**VALUES, "price": 1}
    message = write(client, method, "", 400, values).json["message"]
    assert message == "Idempotency-Key: must be 1 to 255 printable ASCII characters"
    assert client.get(PATH).json["price"] == 60


@pytest.mark.parametrize("method", ["POST", *MEDIA_TYPES])
def test_where_it_cannot_be_promised_it_is_refused(method: str) -> None:
    """Rather than to write twice unseen."""
    room = Room.from_dict({"code": UUID(CODE), **VALUES})
    client = TestApp(Application(Stores(MemRepo([room])), tokens=TOKENS))
    values = None if method == "DELETE" else {**VALUES, "price": 1}
    refused = add(client, "a", 400) if method == "POST" else write(client, method, "a", 400, values)
    message = refused.json["message"]
    assert message == "Idempotency-Key: cannot be used here; it needs PostgreSQL"
    assert [room["price"] for room in client.get("/rooms").json] == [60]
