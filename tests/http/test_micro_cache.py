"""What our own nginx may cache, and until when; other clients do not see it."""

import time
from http import HTTPStatus

import pytest
from webtest import TestApp, TestResponse

from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.results import Page
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.micro_cache import keep_for_a_moment
from rentomatic.wsgi.request import read_request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Stores

CODE = "f853578c-fc0f-4e65-81b8-566c5dffa35a"
KEPT = [
    "/rooms",
    "/rooms?filter_price__lt=1&format=csv",
    "/rooms/summary",
    "/rooms/map",
    "/rooms/relaxations?filter_price__lt=1",
    f"/rooms/{CODE}",
    f"/rooms/{CODE}/similar",
    "/rooms/feed",
]
NGINX = {"REMOTE_ADDR": ""}  # as it is over a unix socket


def expires(answer: TestResponse) -> str | None:
    """Return until when nginx may cache an answer."""
    return answer.headers.get("X-Accel-Expires")


@pytest.mark.parametrize("path", KEPT)
def test_an_answer_is_kept_for_the_rest_of_its_second(client: TestApp, path: str) -> None:
    """Whether it is new or known; the header is where nginx 1.22 reads it."""
    for ask in (client.get, client.head):
        before = int(time.time())
        answer = ask(path, extra_environ=NGINX)
        seconds = [f"@{second}" for second in range(before, int(time.time()) + 1)]
        assert expires(answer) in seconds
        names = [name for name, _ in answer.headerlist]
        assert names.index("X-Accel-Expires") < names.index("Cache-Control")
        known = {"If-None-Match": answer.headers["ETag"]}
        unchanged = ask(path, headers=known, extra_environ=NGINX, status=304)
        assert expires(unchanged) >= seconds[0]


def test_a_page_of_one_person_is_not_kept() -> None:
    """Its Cache-Control says so; another page is kept."""
    request = read_request({"REQUEST_METHOD": "GET"})
    for cache, is_kept in (("private, no-store", False), ("no-cache", True)):
        answer = keep_for_a_moment(Answer(HTTPStatus.OK, b"", cache=cache), request, 0)
        assert isinstance(answer, Answer)
        assert bool(answer.headers) == is_kept


class SlowRepository(MemRepo):
    """Notes when a search began, and takes its time."""

    began = 0.0

    def search(self, request: RoomListRequest) -> Page:
        """Search, late."""
        self.began = time.time()
        time.sleep(1)
        return super().search(request)


def test_the_second_is_that_before_the_database_was_read() -> None:
    """However long the search takes: a later one would let an older answer live on."""
    repository = SlowRepository()
    answer = TestApp(Application(Stores(repository))).get("/rooms", extra_environ=NGINX)
    assert int(expires(answer).removeprefix("@")) <= repository.began


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rooms?limit=none", 200),
        ("/rooms?limit=0", 400),
        ("/rooms/00000000-0000-0000-0000-000000000000", 404),
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/openapi.json", 200),
        ("/docs", 200),
    ],
)
def test_streams_errors_and_states_are_not_kept(client: TestApp, path: str, status: int) -> None:
    """Also not where the client has them already."""
    answer = client.get(path, extra_environ=NGINX, status=status)
    assert expires(answer) is None
    if tag := answer.headers.get("ETag"):
        known = {"If-None-Match": tag}
        assert expires(client.get(path, headers=known, extra_environ=NGINX, status=304)) is None


@pytest.mark.parametrize("path", KEPT)
def test_other_clients_do_not_see_it(client: TestApp, path: str) -> None:
    """A client that reaches the service itself is not our nginx."""
    assert expires(client.get(path)) is None
    assert expires(client.get(path, extra_environ={"REMOTE_ADDR": "127.0.0.1"})) is None
