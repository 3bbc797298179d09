"""A write that finds too many others in progress changes nothing, whatever kind of write it is."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from webtest import TestApp, TestResponse

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.postgresuploads import PostgresUploads
from rentomatic.slots import Turns
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.databases import ask
from tests.http import batches, writing
from tests.http.forms import CODE, SITE, TOKENS, Browser, fields_of
from tests.http.writing import BEARER, WRITES, all_rooms, write

STARTS = "Nothing was changed: too many writes are in progress, or wait for the database to confirm"
FORMS = (f"/rooms/{CODE}/edit", f"/rooms/{CODE}/remove", "/rooms/new")


@pytest.fixture
def turns() -> Turns:
    """One write at a time."""
    return Turns(1, seconds=0)


@pytest.fixture
def client(empty_rooms: PostgresDatabase, rooms: list[Room], turns: Turns) -> Iterator[TestApp]:
    """The whole application, with the book's rooms."""
    with closing(Connections(empty_rooms.url, writes=turns)) as connections:
        repository = PostgresRepo(connections)
        repository.save(rooms)
        stores = Stores(
            repository,
            PostgresChanges(connections),
            PostgresIdempotency(connections, repository),
            PostgresUploads(connections),
        )
        tokens = writing.TOKENS | batches.TOKENS | TOKENS
        application = Application(stores, tokens=tokens, public_url=SITE)
        environ = {"SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input_terminated": "1"}
        yield TestApp(application, extra_environ=environ, lint=False)


@pytest.fixture
def busy(client: TestApp, turns: Turns) -> Callable[[], object]:
    """Check that a write is refused while another one is in progress, and then that it is not."""

    @contextmanager
    def in_progress() -> Iterator[None]:
        before = all_rooms(client)
        assert turns.take()
        yield
        turns.free()
        assert all_rooms(client) == before

    return in_progress


def check(answer: TestResponse) -> None:
    """Check that an answer says what the reason is, and that waiting helps."""
    assert answer.status_int == 503
    assert answer.headers["Retry-After"] == "1"
    assert STARTS in answer.text


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k"}])
@pytest.mark.parametrize("method", WRITES)
def test_a_write_of_one_room_is_refused(
    client: TestApp, busy: Callable[..., object], method: str, key: dict[str, str]
) -> None:
    """It can be repeated a moment later, with the same key."""
    with busy():
        check(write(client, method, headers=BEARER | key, status=503))
    assert write(client, method, headers=BEARER | key).status_int in {200, 201, 204}


def test_a_batch_is_refused(client: TestApp, busy: Callable[..., object]) -> None:
    """It counts as one write."""
    body = batches.HEADER + batches.line(1)
    with busy():
        check(batches.send(client, body, status=503))
    assert batches.send(client, body).json["added"] == 1


@pytest.mark.parametrize("path", FORMS)
def test_a_form_is_refused(client: TestApp, busy: Callable[..., object], path: str) -> None:
    """It can be sent again."""
    browser = Browser(client)
    sent = browser.form(path)
    values = {"size": "30", "price": "75", "longitude": "13.45", "latitude": "52.51"}
    sent |= values if "size" in sent else {}
    with busy():
        check(browser.post(path, sent, status=503))
    browser.post(path, sent, status=303)


def test_a_file_is_refused(
    client: TestApp, busy: Callable[..., object], empty_rooms: PostgresDatabase
) -> None:
    """When it is uploaded, and when it is imported; what importing it would do can be shown."""
    browser = Browser(client)
    files = [("file", "a.csv", (batches.HEADER + batches.line(1)).encode(), "text/csv")]
    fields = {"source": "", "file_format": "", "on_error": "stop"}

    def upload() -> TestResponse:
        return client.post(
            "/import", fields, upload_files=files, headers=browser.sent, expect_errors=True
        )

    with busy():
        check(upload())
        assert ask(empty_rooms, "select count(*) from upload") == [0]
    location = upload().headers["Location"]
    with busy():
        page = browser.get(location)
        path = location.partition("?")[0]
        check(browser.post(path, fields_of(page), status=503))
    browser.post(path, fields_of(page), status=303)
    assert len(all_rooms(client)) == 5
