"""`/rooms/changes`: what has changed, page by page, and where to go on."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.tokens import digest_of, new_token
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.openapi.examples import FOREIGN
from rentomatic.wsgi.service import Stores
from tests.databases import settle

HTTP_1_1 = {"SERVER_PROTOCOL": "HTTP/1.1"}
BEGIN = "now to begin, 0 for the oldest change that is kept, or the cursor of the previous answer"


@pytest.fixture
def settled(client: TestApp, embedded: Cluster) -> TestApp:
    """The application whose rooms are the book's, and all of whose changes can be read."""
    settle(embedded.database)
    return client


def test_changes_show_what_happened_and_the_room_afterwards(
    settled: TestApp, postgres_embedded: PostgresRepo, embedded: Cluster, rooms: list[Room]
) -> None:
    """A removal has only the code; the answer has the next cursor, but not who made a change."""
    begin = settled.get("/rooms/changes?since=now").json["next"]
    changed = Room(rooms[0].code, 1, 2, 3.5, 4.5)
    postgres_embedded.save([changed])
    postgres_embedded.remove(rooms[1].code)
    settle(embedded.database)
    response = settled.get(f"/rooms/changes?since={begin}")
    updated, removed = response.json["changes"]
    assert response.content_type == "application/json"
    assert list(response.json) == ["changes", "next", "more"]
    assert list(updated) == ["kind", "at", "code", "room"]
    assert (updated["kind"], updated["code"]) == ("updated", str(changed.code))
    assert updated["room"] == settled.get(f"/rooms/{changed.code}").json
    assert list(removed) == ["kind", "at", "code"]
    assert (removed["kind"], removed["code"]) == ("removed", str(rooms[1].code))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", removed["at"])
    assert response.json["more"] is False


def test_token_holders_see_who_made_a_change(database: PostgresDatabase, rooms: list[Room]) -> None:
    """The token's name, or the role; a wrong token is an error, other headers are ignored."""
    token = new_token()
    room = {"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}
    with closing(Connections(database.url)) as connections:
        PostgresRepo(connections).save(rooms[:1])
        application = Application(
            Stores(PostgresRepo(connections), changes=PostgresChanges(connections)),
            tokens={digest_of(token): "office"},
        )
        service = TestApp(application, extra_environ=HTTP_1_1)
        bearer = {"Authorization": f"Bearer {token}"}
        service.post_json("/rooms", room, headers=bearer, status=201)
        settle(database)
        reported = service.get("/rooms/changes?since=0", headers=bearer).json["changes"]
        assert [each["by"] for each in reported] == ["rentomatic", "office"]
        assert list(reported[0]) == ["kind", "at", "by", "code", "room"]
        for header in (None, "Basic b2ZmaWNlOg==", token):
            headers = {"Authorization": header} if header else {}
            reported = service.get("/rooms/changes?since=0", headers=headers).json["changes"]
            assert len(reported) == 2
            assert not any("by" in each for each in reported)
        wrong = {"Authorization": f"Bearer {new_token()}"}
        refused = service.get("/rooms/changes?since=0", headers=wrong, status=401)
        assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert service.get("/rooms", headers=wrong).json


def test_every_answer_links_to_the_next(settled: TestApp, rooms: list[Room]) -> None:
    """In its body and as a Link, also an empty one, with the limit that holds."""
    target, codes, more = "/rooms/changes?since=0&limit=3", [], []
    for _ in range(3):
        response = settled.get(target)
        codes += [each["code"] for each in response.json["changes"]]
        more.append(response.json["more"])
        described, following = response.headers["Link"].split(", ")
        assert described == '</openapi.json>; rel="describedby"'
        target = f"/rooms/changes?since={response.json['next']}&limit=3"
        assert following == f'<{target}>; rel="next"'
    assert codes == [str(room.code) for room in rooms]
    assert more == [True, False, False]
    assert settled.get(target).json == {**response.json, "changes": []}


def test_an_answer_is_never_cached(settled: TestApp) -> None:
    """Neither it nor a failure; it has no tag."""
    for target in ("since=now", "since=0", f"since={FOREIGN}", ""):
        response = settled.get(f"/rooms/changes?{target}", status="*")
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers


def test_it_is_a_resource_like_others(settled: TestApp) -> None:
    """HEAD, OPTIONS and other methods; it is not taken for a room."""
    head = settled.head("/rooms/changes?since=0")
    assert head.headers["Link"] == settled.get("/rooms/changes?since=0").headers["Link"]
    assert settled.options("/rooms/changes", status=204).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert settled.post("/rooms/changes", status=405).headers["Allow"] == "GET, HEAD, OPTIONS"
    refused = settled.get("/rooms/changes?since=0", headers={"Accept": "text/csv"}, status=406)
    assert refused.json["message"].endswith("application/json")


def altered(cursor: str, place: int) -> str:
    """Change one character of a cursor."""
    return f"{cursor[:place]}{'A' if cursor[place] != 'A' else 'B'}{cursor[place + 1 :]}"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("sinc=0", "sinc: Parameter sinc cannot be used; did you mean since?"),
        ("since=%ff", "since: is not UTF-8"),
        ("", f"since: is missing; give {BEGIN}"),
        ("since=", "since: has no value"),
        ("since=1", f"since: must be {BEGIN}, not '1'"),
        ("since=NOW", f"since: must be {BEGIN}, not 'NOW'"),
        ("since=-0", f"since: must be {BEGIN}, not '-0'"),
        ("since=0&since=now", "since: is given more than once"),
        ("since=0&limit=0", "limit: must be an integer from 1 to 1000, not '0'"),
        ("since=0&limit=1001", "limit: must be an integer from 1 to 1000, not '1001'"),
        ("since=0&limit=none", "limit: must be an integer from 1 to 1000, not 'none'"),
        ("since=0&limit=1_0", "limit: must be an integer from 1 to 1000, not '1_0'"),
        ("since=0&after=x", "after: Parameter after cannot be used"),
        ("since=0&limits=5", "limits: Parameter limits cannot be used; did you mean limit?"),
        (
            "since=0&filter_price__lt=5",
            "filter_price__lt: Parameter filter_price__lt cannot be used",
        ),
    ],
)
def test_bad_parameters_are_reported(settled: TestApp, query: str, message: str) -> None:
    """In one line that says what would be right."""
    response = settled.get(f"/rooms/changes?{query}", status=400)
    assert response.json["type"] == "ParametersError"
    assert response.json["message"].splitlines() == [message]


def test_all_that_is_wrong_is_reported_at_once(settled: TestApp) -> None:
    """Of the query, of unknown names, and of each parameter."""
    response = settled.get("/rooms/changes?since=x&limit=x&x=%&y=1", status=400)
    names = [line.partition(":")[0] for line in response.json["message"].splitlines()]
    assert names == ["x", "y", "since", "limit"]


def test_a_cursor_that_was_changed_is_refused(settled: TestApp) -> None:
    """Whichever character was changed; a cursor of a search is refused too."""
    cursor = settled.get("/rooms/changes?since=now").json["next"]
    for place in range(len(cursor)):
        settled.get(f"/rooms/changes?since={altered(cursor, place)}", status=400)
    for wrong in (cursor[:-1], f"{cursor}A", f"{cursor}=", f" {cursor}", cursor.lower()):
        settled.get("/rooms/changes", {"since": wrong}, status=400)
    link = settled.get("/rooms?limit=1").headers["Link"]
    after = re.search(r"after=([\w-]+)", link)
    assert after
    settled.get(f"/rooms/changes?since={after[1]}", status=400)
    settled.get(f"/rooms?after={cursor}", status=400)


def test_a_cursor_whose_changes_may_be_missing_is_gone(settled: TestApp) -> None:
    """With what to do, in both forms of errors."""
    response = settled.get(f"/rooms/changes?since={FOREIGN}", status=410)
    assert response.json["type"] == "ResourceError"
    assert "start again with since=now, then read all rooms" in response.json["message"]
    accept = {"Accept": "application/problem+json"}
    problem = settled.get(f"/rooms/changes?since={FOREIGN}", headers=accept, status=410).json
    assert (problem["title"], problem["status"]) == ("Gone", 410)


def test_other_repositories_keep_no_changes() -> None:
    """The answer says that PostgreSQL is needed; errors of the request come first."""
    client = TestApp(Application(Stores(MemRepo())), extra_environ=HTTP_1_1)
    response = client.get("/rooms/changes?since=now", status=404)
    assert response.json["message"] == "There is no history of changes here; it needs PostgreSQL"
    client.get("/rooms/changes", status=400)


@pytest.fixture
def serve() -> Iterator[Callable[[str], TestApp]]:
    """Serve the changes of a database."""
    opened = []

    def serve(url: str) -> TestApp:
        connections = Connections(url)
        opened.append(closing(connections))
        application = Application(
            Stores(PostgresRepo(connections), changes=PostgresChanges(connections))
        )
        return TestApp(application, extra_environ=HTTP_1_1)

    yield serve
    for each in opened:
        each.__exit__()


def test_a_database_that_is_away_or_lacks_a_migration_is_reported(
    serve: Callable[[str], TestApp], new_database: Callable[[], PostgresDatabase]
) -> None:
    """As unavailable, to be retried; no details of the database are shown."""
    empty = new_database()
    create_database(empty)
    for url in ("postgresql:///nowhere?host=/none", empty.url):
        response = serve(url).get("/rooms/changes?since=now", status=503)
        assert response.headers["Retry-After"] == "1"
        assert response.json["message"].startswith("The database cannot answer now")
