"""How batches arrive: their bytes, keys, tokens and number at a time."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from uuid import UUID

import pytest
from webtest import TestApp, TestResponse

from rentomatic.wsgi.body import MAX_BODY_BYTES
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS
from tests.http.batches import CSV, HEADER, MOST, TOKEN, all_rooms, done, line, send


@pytest.fixture
def client(batch_client: TestApp) -> TestApp:
    """A client of an application that takes batches."""
    return batch_client


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Encoding": "gzip"},
        {"Content_Type": "text/csv; charset=latin-1"},
        {"Content_Type": "text/tab-separated-values"},
    ],
)
def test_another_encoding_is_reported(client: TestApp, headers: dict[str, str]) -> None:
    """415, with all that could be sent."""
    message = send(client, HEADER, 415, **headers).json["message"]
    assert all(each in message for each in BATCH_FORMATS)


class Chunks:
    """A body whose length is unknown until it ends."""

    def __init__(self, body: bytes) -> None:
        self._body = BytesIO(body)
        self.taken = 0

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes."""
        read = self._body.read(size)
        self.taken += len(read)
        return read


def send_chunks(client: TestApp, body: object, status: int) -> TestResponse:
    """Send a batch without its length."""
    request = client.RequestClass.blank("/rooms", method="POST")
    request.environ |= {"wsgi.input": body, "CONTENT_TYPE": CSV}
    request.environ["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    request.environ.pop("CONTENT_LENGTH", None)
    return client.do_request(request, status=status)


def test_a_batch_has_a_limit_of_bytes(client: TestApp) -> None:
    """By its length, or counted while it arrives and read no further; a byte less is accepted."""
    whole = (HEADER + line(1)).encode().ljust(MOST, b"\n")
    message = f"The body is too long; at most {MOST} bytes are accepted"
    assert send(client, whole + b"\n", 413).json["message"] == message
    long = Chunks(whole * 10)
    assert send_chunks(client, long, 413).json["message"] == message
    assert long.taken <= MOST + MAX_BODY_BYTES
    assert len(all_rooms(client)) == 4
    assert send(client, whole).json == done(added=1)
    assert send_chunks(client, Chunks(whole), 200).json == done(unchanged=1)


def test_a_batch_that_is_cut_short_is_not_begun(client: TestApp) -> None:
    """Even if the lines that arrived are good."""
    body = (HEADER + line(1) + line(2)).encode()
    answer = send(client, body, 400, Content_Length=str(len(body) + 1))
    assert answer.json["message"] == "body: was cut short"
    assert len(all_rooms(client)) == 4


def test_a_batch_with_a_key_is_written_once(client: TestApp) -> None:
    """The answer is the same; another batch is a conflict, and so is another `on_error`."""
    body = HEADER + line(1)
    first = send(client, body, Idempotency_Key="a")
    assert first.json == done(added=1)
    client.delete(f"/rooms/{UUID(int=1)}", headers={"Authorization": f"Bearer {TOKEN}"})
    assert send(client, body, Idempotency_Key="a").body == first.body
    assert len(all_rooms(client)) == 4
    send(client, body + "\n", 409, Idempotency_Key="a")
    send(client, body, 409, "?on_error=skip", Idempotency_Key="a")
    send(client, body, 409, media_type="application/x-ndjson", Idempotency_Key="a")


def test_a_key_is_not_used_up_by_a_bad_batch(client: TestApp) -> None:
    """The corrected batch can be sent with the same key."""
    send(client, HEADER + line(1) + "x\n", 400, Idempotency_Key="a")
    assert send(client, HEADER + line(1), Idempotency_Key="a").json == done(added=1)


class Nested:
    """A body that does something before it arrives."""

    def __init__(self, body: str, act: Callable[[], object]) -> None:
        self._body = BytesIO(body.encode())
        self._act = act

    def read(self, size: int) -> bytes:
        """Act, then return at most `size` bytes."""
        self._act()
        return self._body.read(size)


def test_there_are_not_too_many_batches_at_a_time(client: TestApp) -> None:
    """While one arrives, the next is refused for now; single rooms are still added."""

    def others() -> None:
        refused = send(client, HEADER + line(2), 503)
        assert "batches are in progress" in refused.json["message"]
        assert refused.headers["Retry-After"] == "1"
        room = '{"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}'
        send(client, room, 201, media_type="application/json")

    assert send_chunks(client, Nested(HEADER + line(1), others), 200).json == done(added=1)
    assert send(client, HEADER + line(2)).json == done(added=1)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Limit the size of files that this process may write: it fails as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_batch_that_cannot_be_kept_is_sent_again_later(
    client: TestApp, caplog: pytest.LogCaptureFixture
) -> None:
    """503, with a line in the log; a short batch needs no disk."""
    whole = (HEADER + line(1)).encode().ljust(MOST, b"\n")
    with files_of_at_most(MOST // 2):
        answer = send(client, whole, 503)
        assert send(client, HEADER + line(2)).json == done(added=1)
    assert answer.json["message"].startswith(
        "There is currently not enough disk space for a body of this length"
    )
    assert answer.headers["Retry-After"] == "1"
    assert "a body cannot be stored: File too large" in caplog.text
    assert send(client, whole).json == done(added=1)


@pytest.mark.parametrize("token", ["", TOKEN[:-1] + "_"], ids=["none", "wrong"])
def test_a_batch_needs_a_token(client: TestApp, token: str) -> None:
    """And its body is not read."""
    given = {"Authorization": f"Bearer {token}", "Content-Type": CSV}
    client.post("/rooms", HEADER + line(1), given, status=401)
    assert len(all_rooms(client)) == 4
