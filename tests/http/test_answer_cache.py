"""Answers that are returned again: only while the data are the same, and to the same request."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http import HTTPStatus
from threading import Thread

import pytest
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.results import Mapped, Page, Summarized
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_map import RoomMapRequest
from rentomatic.requests.room_summary import RoomSummaryRequest
from rentomatic.wsgi.answer_cache import AnswerCache
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.request import ARRIVED, Request, read_request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Stores

MakeRoom = Callable[..., Room]
PATHS = [
    "/rooms",
    "/rooms?sort=-price&limit=1",
    "/rooms/summary",
    "/rooms/map",
    "/rooms?count=exact&format=csv",
]


class CountingRepo(PostgresRepo):
    """Counts its searches, and how often it reads the version."""

    searches = 0
    versions = 0

    def version(self) -> str | None:
        """Count, and read the version."""
        self.versions += 1
        return super().version()

    def search(self, request: RoomListRequest) -> Page:
        """Count, and search."""
        self.searches += 1
        return super().search(request)

    def summarize(self, request: RoomSummaryRequest) -> Summarized:
        """Count, and summarize."""
        self.searches += 1
        return super().summarize(request)

    def map_rooms(self, request: RoomMapRequest) -> Mapped:
        """Count, and map."""
        self.searches += 1
        return super().map_rooms(request)


@pytest.fixture
def connections(embedded_rooms: PostgresDatabase) -> Iterator[Connections]:
    """Other connections than those of `postgres_embedded`."""
    with closing(Connections(embedded_rooms.url)) as connections:
        yield connections


@pytest.fixture
def repository(
    postgres_embedded: PostgresRepo, connections: Connections, rooms: list[Room]
) -> CountingRepo:
    """The book's rooms."""
    postgres_embedded.save(rooms)
    return CountingRepo(connections)


@pytest.fixture
def app(repository: CountingRepo) -> TestApp:
    """The service over the counted rooms."""
    application = Application(Stores(repository))
    return TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_searched_while_the_data_are_the_same(
    app: TestApp, repository: CountingRepo, path: str
) -> None:
    """The answer is the same, to the last header but the request's id."""
    answers = [app.get(path) for _ in range(5)]
    assert repository.searches == 1
    for each in answers:
        del each.headers["X-Request-Id"]
        assert (each.status, each.headerlist, each.body) == (
            answers[0].status,
            answers[0].headerlist,
            answers[0].body,
        )
    tag = {"If-None-Match": answers[0].headers["ETag"]}
    assert app.get(path, headers=tag, status=304).body == b""
    app.get(path, headers={"If-Match": '"x"'}, status=412)
    assert app.head(path).headers["Content-Length"] == str(len(answers[0].body))
    assert repository.searches == 1


@pytest.mark.parametrize("path", PATHS)
def test_each_write_is_seen_at_once(
    app: TestApp, repository: CountingRepo, postgres_embedded: PostgresRepo, path: str
) -> None:
    """Even one from another process, which does not notify this one."""
    (room,) = postgres_embedded.search(RoomListRequest(limit=1)).rooms
    seen = set()
    for price in range(1_000, 1_030):
        assert postgres_embedded.update(room.code, {"price": price})
        for _ in range(2):
            answer = app.get(path)
            assert str(price) in answer.text
        seen.add(answer.headers["ETag"])
    assert (len(seen), repository.searches) == (30, 30)


def test_no_answer_is_older_than_a_write_before_the_request(
    app: TestApp, postgres_embedded: PostgresRepo, connections: Connections
) -> None:
    """With several threads that search and one that writes, each search finds the last price."""
    (room,) = postgres_embedded.search(RoomListRequest(limit=1)).rooms
    written = 0
    is_over = False
    wrong: list[tuple[int, int]] = []
    asked = [0]

    def search() -> None:
        while not is_over:
            least = written
            found = app.get("/rooms?sort=-price&limit=1").json[0]["price"]
            asked[0] += 1
            if found < least:
                wrong.append((found, least))
        connections.close()

    threads = [Thread(target=search) for _ in range(3)]
    for each in threads:
        each.start()
    try:
        for price in range(1_000, 1_200):
            assert postgres_embedded.update(room.code, {"price": price})
            written = price
    finally:
        is_over = True
        for each in threads:
            each.join()
    assert wrong == []
    assert asked[0]


def test_requests_that_wait_share_a_reading_of_the_version(rooms: list[Room]) -> None:
    """Only one that began after they had arrived, as any write before them must be in it."""
    cache, repository = AnswerCache(), MemRepo()
    early, late = (replace(asking(0), arrived=time.monotonic()) for _ in range(2))
    read = cache.version(early, repository)
    repository.put(rooms[0])
    assert cache.version(late, repository) is read
    new = replace(asking(0), arrived=time.monotonic())
    assert cache.version(new, repository).value == repository.version() != read.value


def test_what_waits_for_a_thread_is_not_older_than_a_write_before_it(
    app: TestApp, repository: CountingRepo, postgres_embedded: PostgresRepo
) -> None:
    """Whatever was written when a request arrived is in its answer, however long it waited."""
    (room,) = postgres_embedded.search(RoomListRequest(limit=1)).rooms
    path = "/rooms?sort=-price&limit=1"
    arrived = []
    for price in range(1_000, 1_050):
        assert postgres_embedded.update(room.code, {"price": price})
        arrived.append((price, time.monotonic()))
        if price % 3:
            continue
        for least, since in arrived:
            answer = app.get(path, extra_environ={ARRIVED: since})
            assert answer.json[0]["price"] >= least
        arrived.clear()
    assert repository.versions < 50


def test_only_the_same_request_is_answered_again(app: TestApp) -> None:
    """Links repeat parameters as they were sent, and a mistake is still reported."""
    assert 'filter_price__gte=1&limit=2>; rel="first"' in link(app, "filter_price__gte=1&limit=2")
    assert 'limit=2&filter_price__gte=1>; rel="first"' in link(app, "limit=2&filter_price__gte=1")
    assert 'filter_price__gte=%31&limit=2>; rel="first"' in link(
        app, "filter_price__gte=%31&limit=2"
    )
    app.get("/rooms?filter_price__gte=1&limit=2&limit=2", status=400)
    app.get("/rooms?filter_price__gte=1&limit=2&filter_size__gte=", status=400)
    app.get("/rooms?filter_price__gte=1&limit=2", headers={"Accept": "image/png"}, status=406)
    answer = app.get("/rooms?filter_price__gte=1&limit=2", headers={"Accept": "text/csv"})
    assert answer.content_type == "text/csv"


def link(app: TestApp, query: str) -> str:
    """Return the Link of a search, which is answered twice."""
    app.get(f"/rooms?{query}")
    return str(app.get(f"/rooms?{query}").headers["Link"])


def test_a_stream_is_not_kept(app: TestApp, repository: CountingRepo) -> None:
    """It may be of any length."""
    for number in (1, 2):
        app.get("/rooms?limit=none")
        assert repository.searches == number


class VersionlessRepo(MemRepo):
    """Does not name the states of its data, as a standby."""

    def version(self) -> None:
        """Return nothing."""

    def search(self, request: RoomListRequest) -> Page:
        """Search."""
        return replace(super().search(request), version=None)


def test_a_store_without_versions_is_searched_each_time(rooms: list[Room]) -> None:
    """Nothing says whether its rooms have changed."""
    repository = VersionlessRepo(rooms[:1])
    app = TestApp(Application(Stores(repository)))
    assert len(app.get("/rooms").json) == 1
    repository.put(rooms[1])
    assert len(app.get("/rooms").json) == 2


def test_what_is_kept_is_bounded() -> None:
    """The answers that were used last are kept; one that is too large alone is not."""
    cache, repository = AnswerCache(max_bytes=20_000), MemRepo()

    def is_kept(number: int) -> bool:
        return cache.find(asking(number), repository) is not None

    def keep(number: int, length: int) -> None:
        answer = Answer(HTTPStatus.OK, b"x" * length, version=repository.version())
        cache.keep(asking(number), answer)

    for number in range(100):
        keep(number, 1_000)
        assert is_kept(0)
    kept = [number for number in range(100) if is_kept(number)]
    assert 5 <= len(kept) <= 10
    # The first one was used each time.
    assert kept == [0, *range(101 - len(kept), 100)]
    keep(1, 30_000)
    assert not any(is_kept(number) for number in range(100))
    keep(2, 1_000)
    assert is_kept(2)


def test_long_links_count() -> None:
    """They may be far longer than the rooms that a search finds."""
    cache, repository = AnswerCache(max_bytes=50_000), MemRepo()
    links = (("Link", "x" * 20_000),)
    answer = Answer(HTTPStatus.OK, b"[]", headers=links, version=repository.version())
    for number in range(10):
        cache.keep(asking(number), answer)
    kept = [number for number in range(10) if cache.find(asking(number), repository)]
    assert kept == [8, 9]


def asking(number: int) -> Request:
    """Make a request."""
    return read_request(
        {"REQUEST_METHOD": "GET", "PATH_INFO": "/rooms", "QUERY_STRING": f"limit={number + 1}"}
    )
