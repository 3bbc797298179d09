"""The fields that a room may lack, over HTTP and PostgreSQL."""

import csv
import io
import json
from typing import Any

import pytest
from webtest import TestApp

from rentomatic.demo import book_rooms, demo_rooms
from rentomatic.domain.kinds import PICTURES
from rentomatic.domain.rent import Rent
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.http.writing import CODE, VALUES, all_rooms, write

TEXTS = {
    "title": '=1+1, "quoted" <script>alert(1)</script> &amp; Ünïcode 東京',
    "description": "First line\nsecond,\ttabbed; -- ' or 1=1 \\ {x} %s %(a)s",
    "url": "https://example.com/rooms/1?a=b&c=d",
    "image": "/assets/loft.svg",
    "city": "Zürich",
    "bedrooms": 2,
    "available_from": "2027-01-31",
    "reference": "+49/@1",
}
# The book's rooms before there were optional fields.
ROOM = '{{"code":"{}","size":{},"price":{},"latitude":{},"longitude":{}}}'
FEATURE = (
    '{{"type":"Feature","id":"{0}","geometry":{{"type":"Point","coordinates":[{4},{3}]}},'
    '"properties":{{"code":"{0}","size":{1},"price":{2}}}}}'
)


def found(client: TestApp, query: str) -> list[Any]:
    """Search; return the titles."""
    return [room.get("title") for room in client.get(f"/rooms?fields=title&{query}").json]


@pytest.fixture
def described(writable: TestApp) -> TestApp:
    """The application with the book's rooms, of which the first has all optional fields."""
    write(writable, "PATCH", values=TEXTS, status=200)
    return writable


def test_rooms_without_them_are_written_as_before(client: TestApp) -> None:
    """Byte for byte, in JSON, NDJSON and GeoJSON."""
    values = [
        (room.code, room.size, room.price, room.latitude, room.longitude) for room in book_rooms()
    ]
    rooms = [ROOM.format(*each) for each in values]
    features = ",".join(FEATURE.format(*each) for each in values)
    for limit in ("10", "none"):
        assert client.get(f"/rooms?limit={limit}").text == f"[{','.join(rooms)}]"
        ndjson = client.get(f"/rooms?limit={limit}&format=ndjson").text
        assert ndjson == "".join(f"{each}\n" for each in rooms)
        geojson = client.get(f"/rooms?limit={limit}&format=geojson").text
        assert geojson == f'{{"type":"FeatureCollection","features":[{features}]}}'
    assert set(client.get("/rooms/summary").json) == {
        *("count", "estimated", "bbox", "size", "price")
    }


def test_what_is_written_comes_back(described: TestApp) -> None:
    """In every format, whatever is in a text."""
    room = described.get(f"/rooms/{CODE}").json
    assert {name: room[name] for name in TEXTS} == TEXTS
    assert list(room)[5:] == list(TEXTS)
    line = described.get("/rooms?limit=1&format=ndjson").body
    assert line.count(b"\n") == 1
    assert json.loads(line) == room
    (feature,) = described.get("/rooms?limit=1&format=geojson").json["features"]
    assert {name: feature["properties"][name] for name in TEXTS} == TEXTS
    table = described.get("/rooms?limit=2&format=csv").body.decode()
    first, second = csv.DictReader(io.StringIO(table, newline=""))
    assert {name: first[name] for name in TEXTS} == {k: str(v) for k, v in TEXTS.items()}
    assert {second[name] for name in TEXTS} == {""}


def test_a_patch_changes_and_removes(described: TestApp) -> None:
    """Null and empty text remove an optional field; null is an error for one of the five."""
    room = write(described, "PATCH", values={"title": None, "city": "  ", "bedrooms": 0}).json
    assert "title" not in room
    assert "city" not in room
    assert room["bedrooms"] == 0
    message = write(described, "PATCH", values={"price": None}, status=400).json["message"]
    assert message.startswith("price: must be an integer")


def test_a_put_replaces_all(described: TestApp) -> None:
    """What it leaves out is removed."""
    room = write(described, "PUT", values=VALUES | {"city": "Bern"}, status=200).json
    assert set(room) == {"code", *VALUES, "city"}


WRONG = {
    "title": ["a\x00", "\ud800", "x" * 201, 7, "\x1b[0m"],
    "description": ["\x07", "x" * 5_001],
    "url": ["javascript:alert(1)", "https://a b", 1],
    "image": ["http://example.com/a.png", "/etc/passwd"],
    "city": ["x" * 101, ["Bern"]],
    "bedrooms": [2.5, "2", 100, True],
    "available_from": ["2026-02-31", "01.09.2026", 20260901],
    "reference": ["x" * 101, 7],
}


@pytest.mark.parametrize(
    ("name", "value"), [(k, each) for k, some in WRONG.items() for each in some]
)
def test_bad_values_are_400(writable: TestApp, name: str, value: object) -> None:
    """The message names the field; nothing is written."""
    before = all_rooms(writable)
    for method, path, values in (
        ("POST", "", VALUES | {name: value}),
        ("PATCH", "", {name: value}),
        ("PUT", "", VALUES | {name: value}),
    ):
        message = write(writable, method, path, values, status=400).json["message"]
        assert message.startswith(f"{name}: ")
        assert message.isprintable()
    assert all_rooms(writable) == before


def test_filters_and_sorts(described: TestApp) -> None:
    """A city without case and accents, the others exactly; what is missing is last."""
    title = TEXTS["title"]
    assert found(described, "filter_city__eq=ZURICH") == [title]
    assert found(described, 'filter_city__in="Bern, CH",zu%CC%88rich') == [title]
    assert found(described, "filter_city__ne=Bern") == [title]
    assert found(described, "filter_city__ne=z%C3%BCrich") == []
    assert found(described, "filter_reference__eq=%2B49/@1") == [title]
    assert found(described, "filter_available_from__lte=2027-01-31") == [title]
    assert found(described, "filter_available_from__lt=2027-01-31") == []
    assert found(described, "filter_bedrooms__gte=2") == [title]
    assert len(found(described, "filter_image__null=true")) == 3
    for name in ("title", "city", "bedrooms", "available_from"):
        for sign in ("", "-"):
            assert found(described, f"sort={sign}{name}")[0] == title
            pages = found(described, f"sort={sign}{name}&limit=1")
            assert pages == [title]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("sort=description", "sort: description is not a sort key"),
        ("sort=image", "sort: image is not a sort key"),
        ("filter_description__eq=a", "filters: Key description__eq cannot be used"),
        ("filter_reference__ne=a", "filters: Key reference__ne cannot be used"),
        ("filter_available_from__eq=2026-02-31", "is not a day of the calendar: '2026-02-31'"),
        ("filter_bedrooms__eq=2.5", "bedrooms__eq must be an integer"),
        ("filter_url__eq=javascript:alert(1)", "url__eq must be an address that begins with"),
        ("filter_city__eq=%20", "city__eq must not be empty"),
        ("filter_city__eq=%00", "NUL"),
        ('filter_city__in="Bern', "city__in must be a list such as a,b"),
        (f"filter_title__eq={'x' * 201}", "title__eq must be text of at most 200 characters"),
    ],
)
def test_bad_searches_are_400(client: TestApp, query: str, message: str) -> None:
    """Each says what would be right."""
    assert message in client.get(f"/rooms?{query}", status=400).json["message"]


def test_a_summary_counts_bedrooms_and_cities(described: TestApp) -> None:
    """Those of the rooms that have them; a city by its most frequent spelling."""
    for number, city in enumerate(("Bern", "ZÜRICH", "ZÜRICH", "bern", "Bern")):
        write(described, "POST", values=VALUES | {"city": city, "bedrooms": number}, status=201)
    summary = described.get("/rooms/summary?filter_bedrooms__gte=1").json
    bars = [(bar["from"], bar["count"]) for bar in summary["bedrooms"]["histogram"]]
    assert bars == [(0, 1), (1, 1), (2, 2), (3, 1), (4, 1)]
    assert summary["city"] == [{"name": "ZÜRICH", "count": 3}, {"name": "Bern", "count": 2}]
    assert summary["count"] == 5


def test_changes_have_them(described: TestApp, client: TestApp) -> None:
    """As the room has them."""
    write(described, "PATCH", values={"city": None})
    changes = client.get("/rooms/changes?since=0").json["changes"]
    shown = [each["room"] for each in changes if each["kind"] == "updated"]
    assert {name: shown[0][name] for name in TEXTS} == TEXTS
    assert "city" not in shown[1]


def test_pictures_are_shipped(client: TestApp) -> None:
    """They load nothing from elsewhere, and run nothing."""
    answer = client.get("/assets/loft.svg", headers={"Accept": "text/html"})
    assert answer.content_type == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    tag = {"If-None-Match": answer.headers["ETag"]}
    known = client.get("/assets/loft.svg", headers=tag, status=304)
    assert known.headers["Cache-Control"] == answer.headers["Cache-Control"]
    assert b"script" not in answer.body
    assert answer.body.count(b"//") == 1  # the name of SVG's namespace
    for path in ("/assets/none.svg", "/assets/%2e%2e", "/assets/"):
        client.get(path, status=404)


def test_documents_say_what_prices_mean(postgres_embedded: PostgresRepo) -> None:
    """In the currency and for the period of the settings."""
    stores, environ = Stores(postgres_embedded), {"SERVER_PROTOCOL": "HTTP/1.1"}
    for rent, said in (
        (None, "in whole EUR per month"),
        (Rent("JPY", "day"), "in whole JPY per day"),
    ):
        client = TestApp(Application(stores, rent=rent), extra_environ=environ)
        document = client.get("/openapi.json").json
        price = document["components"]["schemas"]["Room"]["properties"]["price"]
        assert price["description"] == f"rent {said}"
        assert f"Prices are {said}." in document["info"]["description"]
        assert said in client.get("/docs").text


def test_all_pictures_are_listed() -> None:
    """The made-up rooms show each of them."""
    shown = {room.image for room in demo_rooms() if room.image}
    assert shown == {f"/assets/{name}" for name in PICTURES}
