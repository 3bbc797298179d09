"""Whatever the request, the answer is well formed and not a server error."""

import json
from urllib.parse import quote, urlencode

from hypothesis import example, given
from hypothesis import strategies as st
from webtest import TestApp

from rentomatic.demo import book_rooms
from rentomatic.domain.room import FIELDS
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.tokens import digest_of, new_token
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.arguments import SEARCH_QUERY
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS
from rentomatic.wsgi.json_body import MERGE_PATCH
from rentomatic.wsgi.ogc.api import ITEM_PARAMETERS
from rentomatic.wsgi.ogc.items import EQUALS
from rentomatic.wsgi.routing import OGC, ROUTES
from rentomatic.wsgi.service import Stores

NAMES = (
    st.sampled_from([*(each.name for each in SEARCH_QUERY), *ITEM_PARAMETERS, *EQUALS]) | st.text()
)
VALUES = (
    st.text()
    | st.integers().map(str)
    | st.floats().map(str)
    | st.uuids().map(str)
    | st.sampled_from(["none", "1", "0", "1,2", "%", "%zz", "null", "\0", "९"])
    | st.sampled_from(["price < 5 OR NOT (size = 3)", "price <", "title LIKE '%'", "city IS NULL"])
    | st.sampled_from(["-180,-90,180,90", "price,-size", "distance", "exact", "csv", "5e-324,0"])
    | st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(lambda p: f"{p[0]:f},{p[1]:f}")
)
# As a client that escapes would send them, as one that does not, and as bytes without sense.
QUERIES = (
    st.lists(st.tuples(NAMES, VALUES), max_size=5).map(urlencode)
    | st.lists(st.tuples(NAMES, VALUES), max_size=5).map(
        lambda pairs: "&".join("=".join(pair) for pair in pairs).encode().decode("latin-1")
    )
    | st.binary(max_size=50).map(lambda raw: raw.decode("latin-1"))
)
PATHS = (
    st.sampled_from(
        [
            "/",
            "/rooms",
            "/rooms/",
            "/rooms/summary",
            "/rooms/map",
            "/rooms/feed",
            "/rooms/relaxations",
            "/rooms/f853578c-fc0f-4e65-81b8-566c5dffa35a/similar",
            *(route.path for route in ROUTES if route.tag == OGC and not route.converters),
            "/openapi.json",
            "/health/live",
            "/health/ready",
            "/robots.txt",
        ]
    )
    | st.uuids().map(lambda code: f"/rooms/{code}")
    | st.text().map(lambda text: f"/rooms/{quote(text, safe='/')}")
    | st.binary().map(lambda raw: f"/{quote(raw)}")
)
METHODS = st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
# WSGI hands headers over as Latin-1; a server refuses control characters before we see them.
HEADERS = st.dictionaries(
    st.sampled_from(["Accept", "X-Request-Id", "If-None-Match", "Host", "Range", "Cookie"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"])),
)


@given(method=METHODS, path=PATHS, query=QUERIES, headers=HEADERS)
def test_no_request_fails_the_service(
    client: TestApp, method: str, path: str, query: str, headers: dict[str, str]
) -> None:
    """Every answer is 2xx, 3xx or 4xx and passes the lint of WSGI; errors say what they are."""
    response = client.request(
        path,
        method=method,
        headers=headers,
        environ={"QUERY_STRING": query},
        status="*",
    )
    assert response.status_int < 500, response.text
    if response.status_int >= 400 and method != "HEAD":
        assert response.json["type"].endswith("Error") or response.json["status"]


CODES = [str(room.code) for room in book_rooms()]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 10)
    | st.floats()
    | st.floats(-90, 90)
    | st.text()
    | st.sampled_from(CODES),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=5,
)
OBJECTS = st.dictionaries(st.sampled_from([*FIELDS]), JSON) | st.fixed_dictionaries(
    {name: JSON for name in FIELDS if name != "code"}
)
BODIES = (
    (OBJECTS | JSON).map(lambda value: json.dumps(value).encode())
    | OBJECTS.map(
        lambda value: json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")
    )
    | st.binary(max_size=50)
)
CONDITIONS = st.dictionaries(
    st.sampled_from(["If-Match", "If-None-Match", "Accept", "Content-Encoding"]),
    st.sampled_from(["*", '"0"', "", "gzip", "application/problem+json"])
    | st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"])),
)


@given(
    method=st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]),
    path=st.sampled_from(["/rooms", "/rooms/x", *(f"/rooms/{code}" for code in CODES)]),
    media_type=st.sampled_from(["application/json", MERGE_PATCH, "text/plain"]),
    body=BODIES,
    headers=CONDITIONS,
)
def test_no_write_fails_the_service(
    postgres_embedded: PostgresRepo,
    method: str,
    path: str,
    media_type: str,
    body: bytes,
    headers: dict[str, str],
) -> None:
    """Every answer is 2xx or 4xx, and memory and PostgreSQL give the same one."""
    token = new_token()
    tokens = {digest_of(token): "office"}
    given = headers | {"Authorization": f"Bearer {token}", "Content-Type": media_type}
    given |= {"X-Request-Id": "r-1"}
    answers = []
    for repository in (postgres_embedded, MemRepo()):
        for room in book_rooms():
            repository.put(room)
        client = TestApp(Application(Stores(repository), tokens=tokens))
        answers.append(client.request(path, method=method, headers=given, body=body, status="*"))
    first, second = answers
    assert first.status_int < 500, first.text
    assert first.status_int == second.status_int
    if not (method == "POST" and first.status_int == 201):
        assert first.body == second.body


TEXTS = (
    st.text(max_size=10)
    | st.sampled_from([*CODES, "1", "60", "1e3", "13.4", "-0", "1.5", '"', "$1,200.00", "NaN", ""])
    | st.floats().map(str)
    | st.uuids().map(str)
)
TABLES = st.lists(st.lists(TEXTS, min_size=4, max_size=6), max_size=5).map(
    lambda rows: "\n".join([",".join(FIELDS), *(",".join(row) for row in rows)])
)
GOOD_LINES = st.lists(st.sampled_from(CODES)).map(
    lambda codes: "\n".join([",".join(FIELDS), *(f"{code},1,2,3,4" for code in codes)])
)
LINES = st.lists(OBJECTS | JSON, max_size=5).map(lambda each: "\n".join(map(json.dumps, each)))
FEATURES = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.just("Feature"),
            "id": JSON | st.sampled_from(CODES),
            "geometry": st.fixed_dictionaries(
                {"type": st.just("Point"), "coordinates": st.lists(st.floats(-90, 90) | JSON)}
            ),
            "properties": OBJECTS | JSON,
        }
    )
    | JSON,
    max_size=3,
).map(lambda each: json.dumps({"type": "FeatureCollection", "features": each}))
MEMBERS = st.dictionaries(st.sampled_from(["type", "features"]) | st.text(), JSON).map(json.dumps)
BATCHES = (TABLES | GOOD_LINES | LINES | FEATURES | MEMBERS | st.text()).map(
    lambda text: text.encode(errors="surrogatepass")
) | st.binary(max_size=50)


@given(
    media_type=st.sampled_from([*BATCH_FORMATS]),
    body=BATCHES,
    query=st.sampled_from(["", "?on_error=skip", "?on_error=stop"]),
)
@example(media_type="application/geo+json", body=rb'{"\ud800": NaN}', query="")
def test_no_batch_fails_the_service(
    postgres_embedded: PostgresRepo, media_type: str, body: bytes, query: str
) -> None:
    """Every answer is 200 or 400; memory and PostgreSQL give the same one, and have the same."""
    token = new_token()
    given = {"Authorization": f"Bearer {token}", "Content-Type": media_type, "X-Request-Id": "r-1"}
    answers, stocks = [], []
    for repository in (postgres_embedded, MemRepo()):
        for room in list(repository.search(RoomListRequest(limit=None)).rooms):
            repository.remove(room.code)
        repository.save(book_rooms())
        client = TestApp(Application(Stores(repository), tokens={digest_of(token): "office"}))
        answers.append(client.post(f"/rooms{query}", body, given, status="*"))
        stocks.append(client.get("/rooms?limit=1000").body)
    first, second = answers
    assert first.status_int in {200, 400}, first.text
    assert first.body == second.body
    assert stocks[0] == stocks[1]
