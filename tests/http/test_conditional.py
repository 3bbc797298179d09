"""Entity tags: each is for one answer only, and a client with the current one gets a 304."""

from dataclasses import replace

import pytest
from webtest import TestApp

from rentomatic.domain.room import Room
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.results import Page
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores

CODE = "f853578c-fc0f-4e65-81b8-566c5dffa35a"
READS = [
    "/rooms",
    "/rooms?limit=none",
    "/rooms?filter_price__lt=1",
    "/rooms?format=csv",
    "/rooms?near=0,50&sort=distance",
    "/rooms/summary",
    "/rooms/map",
    "/rooms/map?format=geojson",
    "/rooms/relaxations?filter_price__lt=1",
    f"/rooms/{CODE}",
    f"/rooms/{CODE}/similar",
    "/rooms/feed",
]


@pytest.mark.parametrize("path", READS)
def test_an_answer_that_the_client_has_is_not_sent_again(client: TestApp, path: str) -> None:
    """Whatever other tags it has; HEAD returns the same tag and status."""
    tag = client.get(path).headers["ETag"]
    assert tag.startswith('"')
    assert client.head(path).headers["ETag"] == tag
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*", f' "a,b",W/"c" ,{tag} '):
        for ask in (client.get, client.head):
            answer = ask(path, headers={"If-None-Match": known}, status=304)
            assert answer.body == b""
            assert answer.headers["ETag"] == tag
            assert answer.headers["Cache-Control"] == "no-cache"
            assert answer.headers["Vary"] == "Accept"
            assert "Content-Type" not in answer.headers
    for unknown in ('"x"', tag.strip('"'), f'"{tag}"', "", "W/"):
        client.get(path, headers={"If-None-Match": unknown}, status=200)


@pytest.mark.parametrize("path", [*READS, "/openapi.json", "/docs"])
def test_an_answer_that_is_not_expected_is_not_sent(client: TestApp, path: str) -> None:
    """`If-Match` compares strongly, and comes before `If-None-Match` (RFC 9110, section 13.2.2)."""
    tag = client.get(path).headers["ETag"]
    for ask in (client.get, client.head):
        for expected in (tag, "*", f'"x", {tag}'):
            ask(path, headers={"If-Match": expected}, status=200)
            ask(path, headers={"If-Match": expected, "If-None-Match": tag}, status=304)
        for expected in ('"x"', f"W/{tag}", f'"x", W/{tag}'):
            for known in ({}, {"If-None-Match": tag}, {"If-None-Match": "*"}):
                answer = ask(path, headers={"If-Match": expected, **known}, status=412)
                assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(path, headers={"If-Match": '"x"'}, status=412).json == {
        "type": "ConflictError",
        "message": "If-Match: the answer is not the expected one; read it again",
    }


@pytest.mark.parametrize("malformed", ["", "x", '"x', "W/", '"x" "y', "W/*"])
def test_what_is_not_an_entity_tag_is_reported(client: TestApp, malformed: str) -> None:
    """As in a write: no tag is guessed."""
    for path in READS:
        answer = client.get(path, headers={"If-Match": malformed}, status=400)
        assert answer.json["message"].startswith("If-Match: must be * or quoted entity tags")


def test_errors_override_preconditions(client: TestApp) -> None:
    """Conditions are those of an answer (RFC 9110, section 13.2.1)."""
    for path, status in (("/rooms?limit=0", 400), (f"/rooms/{CODE[:-1]}b", 404), ("/a", 404)):
        client.get(path, headers={"If-Match": '"x"'}, status=status)
    client.get("/rooms", headers={"If-Match": '"x"', "Accept": "image/png"}, status=406)


def test_different_answers_have_different_tags(client: TestApp) -> None:
    """Other filters, order, limit, fields, place and format; not what says the same otherwise."""
    searches = ["", "limit=99", "sort=price", "sort=-price", "count=exact", "fields=code"]
    searches += ["filter_price__lt=50", "filter_price__lte=50", "bbox=0,0,1,1", "near=0,0"]
    searches += ["near=0,0&radius=5", "format=csv", "format=ndjson"]
    others = ["summary", "summary?filter_price__lt=50", CODE, f"{CODE}?format=geojson"]
    paths = [*(f"/rooms?{each}" for each in searches), *(f"/rooms/{each}" for each in others)]
    tags = [client.get(path).headers["ETag"] for path in paths]
    assert len(set(tags)) == len(paths)
    same = client.get("/rooms?utm_source=x&limit=100&format=json").headers["ETag"]
    assert same == tags[0]
    one = client.get("/rooms?filter_price__lt=5&filter_size__lt=6").headers["ETag"]
    assert client.get("/rooms?filter_size__lt=6&filter_price__lt=5").headers["ETag"] == one


def test_a_write_changes_the_tags_of_searches(
    client: TestApp, postgres_embedded: PostgresRepo, rooms: list[Room]
) -> None:
    """Also of those that find nothing; that of another room stays."""
    before = {path: client.get(path).headers["ETag"] for path in READS}
    postgres_embedded.save([Room(rooms[1].code, 1, 2, 3.0, 4.0)])
    after = {path: client.get(path).headers["ETag"] for path in READS}
    changed = {path for path in READS if before[path] != after[path]}
    assert changed == set(READS) - {f"/rooms/{CODE}"}
    for path in changed:
        client.get(path, headers={"If-None-Match": before[path]}, status=200)


class CountingRepository(MemRepo):
    """Counts searches."""

    searches = 0

    def search(self, request: RoomListRequest) -> Page:
        """Search, and count it."""
        self.searches += 1
        return super().search(request)


class NamelessRepository(CountingRepository):
    """Cannot name the state of its rooms, like MongoDB or a standby."""

    def version(self) -> None:  # type: ignore[override]
        """Return no name."""

    def search(self, request: RoomListRequest) -> Page:
        """Search, without a name of the state that is shown."""
        page = super().search(request)
        return replace(page, version=None)


def test_a_client_that_is_up_to_date_costs_no_search(rooms: list[Room]) -> None:
    """The name of the state is enough."""
    repository = CountingRepository(rooms)
    client = TestApp(Application(Stores(repository)), extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})
    tag = client.get("/rooms?sort=price").headers["ETag"]
    assert repository.searches == 1
    client.get("/rooms?sort=price", headers={"If-None-Match": tag}, status=304)
    client.get("/rooms?sort=price", headers={"If-Match": '"x"'}, status=412)
    assert repository.searches == 1
    repository.remove(rooms[0].code)
    client.get("/rooms?sort=price", headers={"If-None-Match": tag}, status=200)
    assert repository.searches == 2


def test_where_states_have_no_name_the_answer_names_itself(rooms: list[Room]) -> None:
    """A page is searched for and compared; a stream has no tag."""
    repository = NamelessRepository(rooms)
    client = TestApp(Application(Stores(repository)), extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})
    tag = client.get("/rooms").headers["ETag"]
    client.get("/rooms", headers={"If-None-Match": tag}, status=304)
    client.get("/rooms", headers={"If-Match": tag}, status=200)
    for path in ("/rooms", "/rooms?limit=none"):
        client.get(path, headers={"If-Match": '"x"'}, status=412)
        client.get(path, headers={"If-Match": "*"}, status=200)
    assert "ETag" not in client.get("/rooms?limit=none").headers
    repository.remove(rooms[0].code)
    assert client.get("/rooms", headers={"If-None-Match": tag}).headers["ETag"] != tag


def test_another_release_gives_other_tags(rooms: list[Room]) -> None:
    """Its answer to a search may differ; for single rooms see test_room_tags.py."""
    repository = MemRepo(rooms)
    tags = {
        TestApp(Application(Stores(repository), release=release)).get(path).headers["ETag"]
        for release in ("1", "2")
        for path in ("/rooms", "/rooms/summary", "/rooms/map")
    }
    assert len(tags) == 6


def test_errors_have_no_tag(client: TestApp) -> None:
    """And are sent to clients that send any tag."""
    for path in ("/rooms?limit=0", "/nothing", "/rooms/x"):
        answer = client.get(path, headers={"If-None-Match": "*"}, status="4*")
        assert "ETag" not in answer.headers
