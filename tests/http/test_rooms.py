"""`/rooms` and `/rooms/{code}`, as curl sees them: over PostgreSQL, each exchange linted."""

from itertools import pairwise

import pytest
from webtest import TestApp

from rentomatic.demo import demo_rooms
from rentomatic.domain.room import FIELDS, Room
from rentomatic.repository.memrepo import MemRepo
from rentomatic.requests.room_fields import FILTER_KEYS, OPERATORS, Takes
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Limits, Stores
from tests.operands import OPERANDS

CODE = "f853578c-fc0f-4e65-81b8-566c5dffa35a"


def prices(client: TestApp, query: str) -> list[int]:
    """Search, and return the prices of what is found."""
    return [room["price"] for room in client.get(f"/rooms?{query}").json]


def test_the_rooms_are_a_bare_array(client: TestApp) -> None:
    """In the order of adding, with the book's keys in the book's order."""
    response = client.get("/rooms")
    assert response.status == "200 OK"
    assert response.content_type == "application/json"
    assert [room["price"] for room in response.json] == [39, 66, 60, 48]
    assert list(response.json[0]) == ["code", "size", "price", "latitude", "longitude"]
    assert int(response.headers["Content-Length"]) == len(response.body)


def test_the_books_requests_answer_as_in_the_book(client: TestApp) -> None:
    """Greater, less, both, and equal."""
    assert prices(client, "filter_price__gt=40&filter_price__lt=60") == [48]
    assert prices(client, "filter_price__gt=40") == [66, 60, 48]
    assert prices(client, "filter_price__eq=60") == [60]
    assert prices(client, f"filter_code__eq={CODE}") == [39]


@pytest.mark.parametrize("key", FILTER_KEYS)
def test_every_filter_of_the_table_is_a_parameter(client: TestApp, key: str) -> None:
    """The answer is 200 for each, whether or not its column has an index."""
    field, operator = FILTER_KEYS[key]
    value = str(OPERANDS[type(FIELDS[field].kind)])
    if OPERATORS[operator].takes is Takes.FLAG:
        value = "true"
    assert client.get("/rooms", {f"filter_{key}": value}).status_int == 200


def test_a_number_beyond_the_column_is_only_large(client: TestApp) -> None:
    """Every price is below 2^40."""
    assert len(prices(client, f"filter_price__lt={2**40}")) == 4
    assert prices(client, f"filter_size__gt={2**40}") == []


def test_escapes_are_read(client: TestApp) -> None:
    """A name and a value may be escaped, as browsers and libraries do."""
    assert prices(client, "filter%5Fprice__in=39%2C48") == [39, 48]


def test_parameters_that_advertisers_append_are_ignored(client: TestApp) -> None:
    """Links that people share keep working."""
    assert prices(client, "utm_source=x&utm_medium=&gclid=1&fbclid=a&filter_price__lt=40") == [39]


def test_a_search_without_a_limit_is_limited(rooms: list[Room]) -> None:
    """By the setting, which the parameter overrides."""
    client = TestApp(Application(Stores(MemRepo(demo_rooms())), Limits(rooms=7)))
    assert len(client.get("/rooms").json) == 7
    assert len(client.get("/rooms?limit=1000").json) == 1000


def test_no_limit_streams_every_room(client: TestApp) -> None:
    """The same rooms as in a page that has room for all of them."""
    assert client.get("/rooms?limit=none").json == client.get("/rooms?limit=1000").json


def test_a_client_that_could_not_see_a_cut_is_refused_a_stream(client: TestApp) -> None:
    """HTTP/1.0 ends an answer by closing the connection, also in the middle of it."""
    environ = {"SERVER_PROTOCOL": "HTTP/1.0"}
    response = client.get("/rooms?limit=none", extra_environ=environ, status=400)
    assert response.json["message"].startswith("limit: none needs HTTP/1.1")
    assert client.get("/rooms?limit=2", extra_environ=environ).status_int == 200


def test_one_room_is_an_object(client: TestApp) -> None:
    """However its code is spelt."""
    expected = client.get("/rooms").json[0]
    for code in (CODE, CODE.upper(), CODE.replace("-", ""), f"urn:uuid:{CODE}"):
        assert client.get(f"/rooms/{code}").json == expected


@pytest.mark.parametrize("code", ["00000000-0000-0000-0000-000000000000", "abc", "1", "%00", "%FF"])
def test_a_room_that_is_not_there_is_a_404(client: TestApp, code: str) -> None:
    """Also where the code could be no room's."""
    response = client.get(f"/rooms/{code}", status=404)
    assert response.json["type"] == "ResourceError"
    assert response.json["message"].startswith("There is no room with the code ")


def test_head_gives_the_headers_of_get(client: TestApp) -> None:
    """And no body."""
    for path in ("/rooms", f"/rooms/{CODE}", "/rooms?limit=0", "/health/live"):
        get, head = client.get(path, status="*"), client.head(path, status="*")
        assert head.body == b""
        assert head.status == get.status
        for response in (get, head):
            response.headers.pop("X-Request-Id")
        assert dict(head.headers) == dict(get.headers)


def test_head_of_a_stream_runs_a_page(client: TestApp) -> None:
    """And has no Content-Length, as the length of the stream is unknown."""
    response = client.head("/rooms?limit=none")
    assert response.body == b""
    assert "Content-Length" not in response.headers


def test_options_lists_the_methods(client: TestApp) -> None:
    """Without a body."""
    response = client.options(f"/rooms/{CODE}")
    assert response.status_int == 204
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"
    assert response.headers["Accept-Patch"] == "application/merge-patch+json"
    assert response.body == b""
    assert "Accept-Patch" not in client.options("/rooms").headers


def test_any_origin_may_read(client: TestApp) -> None:
    """A browser shows answers, errors and their headers to pages of any origin."""
    for response in (client.get("/rooms"), client.get("/rooms?limit=0", status=400)):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "X-Request-Id" in response.headers["Access-Control-Expose-Headers"]
    preflight = client.options("/rooms", headers={"Access-Control-Request-Method": "GET"})
    assert {"GET", "HEAD"} <= {*preflight.headers["Access-Control-Allow-Methods"].split(", ")}
    allowed = preflight.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"If-Match", "If-None-Match"} <= {*allowed}


def test_every_answer_names_its_request(client: TestApp) -> None:
    """By the name it came with, if that is well formed, else by one of its own."""
    given = client.get("/rooms", headers={"X-Request-Id": "abc-1.2_3"})
    assert given.headers["X-Request-Id"] == "abc-1.2_3"
    made = [
        client.get("/nothing", headers={"X-Request-Id": name}, status=404).headers["X-Request-Id"]
        for name in ("", "a b", "é", "x" * 129, '"><script>', "-x")
    ]
    assert all(one != other and len(one) == 36 for one, other in pairwise(made))


def test_every_answer_has_the_common_headers(client: TestApp) -> None:
    """None is sniffed; an error is never kept, a search is asked for again."""
    found, missing = client.get("/rooms"), client.get("/nothing", status=404)
    for response in (found, missing):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Vary"] == "Accept"
    assert found.headers["Cache-Control"] == "no-cache"
    assert missing.headers["Cache-Control"] == "no-store"


def test_the_root_leads_to_the_rooms(client: TestApp) -> None:
    """By a relative reference, whatever host the client claims."""
    response = client.get("/", headers={"Host": "evil.example"})
    assert response.status_int == 303
    assert response.headers["Location"] == "/rooms"


def test_browsers_and_crawlers_are_answered_quietly(client: TestApp) -> None:
    """What they request unasked is not an error."""
    assert "Disallow: /" in client.get("/robots.txt").text
    assert client.get("/favicon.ico").status_int == 204
