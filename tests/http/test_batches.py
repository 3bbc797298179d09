"""Batches of rooms over HTTP: all are written or none, and the answer names every mistake."""

from dataclasses import replace
from uuid import UUID

import psycopg
import pytest
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.formats.table import FORMATS
from rentomatic.formats.view import View
from rentomatic.repository.memrepo import MemRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS, NAMED_LINES
from rentomatic.wsgi.service import Stores
from tests.http.batches import CSV, HEADER, TOKEN, TOKENS, all_rooms, done, line, send

FEATURES_OF_TWO_IDS = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":2},"id":1,'
    '"geometry":{"type":"Point","coordinates":[1,1]}}]}'
)


@pytest.fixture
def client(batch_client: TestApp) -> TestApp:
    """A client of an application that takes batches."""
    return batch_client


@pytest.mark.parametrize("media_type", BATCH_FORMATS)
def test_what_a_search_returns_is_a_batch(
    client: TestApp, rooms: list[Room], media_type: str
) -> None:
    """In each format: of the same rooms it changes nothing, and of lost ones it adds them all."""
    found = client.get("/rooms", headers={"Accept": media_type}).body
    answer = send(client, found, media_type=f"{media_type}; charset=UTF-8")
    assert answer.json == done(unchanged=4)
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    before = all_rooms(client)
    for room in rooms:
        path = f"/rooms/{room.code}"
        client.delete(path, headers={"Authorization": f"Bearer {TOKEN}"}, status=204)
    assert send(client, found, media_type=media_type).json == done(added=4)
    assert all_rooms(client) == before


def test_rooms_are_added_and_replaced(
    client: TestApp, rooms: list[Room], empty_rooms: PostgresDatabase
) -> None:
    """In one transaction, by whose token it was."""
    changed = f"{rooms[0].code},215,40,-0.09998975,51.75436293\n"
    answer = send(client, HEADER + changed + line(1, 61))
    assert answer.json == done(added=1, updated=1)
    assert client.get(f"/rooms/{rooms[0].code}").json["price"] == 40
    assert client.get(f"/rooms/{UUID(int=1)}").json["price"] == 61
    with psycopg.connect(empty_rooms.url) as connection:
        made = connection.execute(
            "select distinct made_at, made_by from room_change where made_by <> 'rentomatic'"
        ).fetchall()
    assert [made_by for _, made_by in made] == ["office"]


def test_a_bad_line_stops_a_batch(client: TestApp) -> None:
    """Each is named by its number with all its problems, and nothing is changed."""
    before = all_rooms(client)
    body = HEADER + line(1) + "7,20,x,13.4\n" + line(2, -1) + "8,20,1.5,200,52.5\n"
    answer = send(client, body, 400)
    errors = {
        "line 3": "must have 5 values, not 4",
        "line 4": "price must be an integer from 0 to 9007199254740991, not '-1'",
        "line 5": "code is not a UUID: '8'; price must be an integer, not '1.5'; "
        "longitude must be from -180 to 180, not '200'",
    }
    assert answer.json == {
        "type": "ParametersError",
        "message": "\n".join(
            ["Nothing was imported", *(f"{place}: {each}" for place, each in errors.items())]
        ),
    }
    problem = send(client, body, 400, Accept="application/problem+json").json
    assert {each["parameter"]: each["message"] for each in problem["errors"]} == errors
    assert all_rooms(client) == before


def test_every_bad_line_has_its_number(client: TestApp) -> None:
    """The first ones are explained; of the others, only the numbers are listed."""
    bad = "x\n" * (NAMED_LINES + 3)
    body = HEADER + bad + line(1) + "x\n" + line(2) + "x\nx\n"
    last = NAMED_LINES + 1
    others = [[last + 1, last + 3], [last + 5, last + 5], [last + 7, last + 8]]
    title, *reported, more = send(client, body, 400).json["message"].splitlines()
    assert title == "Nothing was imported"
    assert reported == [
        f"line {2 + each}: must have 5 values, not 1" for each in range(NAMED_LINES)
    ]
    assert more == (f"lines {last + 1}-{last + 3}, {last + 5}, {last + 7}-{last + 8}: are also bad")
    report = send(client, body, query="?on_error=skip").json
    assert (report["added"], report["rejected"]) == (2, NAMED_LINES + 6)
    assert [each["place"] for each in report["errors"]] == [
        f"line {2 + each}" for each in range(NAMED_LINES)
    ]
    assert report["others"] == others


def test_bad_lines_can_be_skipped(client: TestApp) -> None:
    """The good ones before and after are written, unless no more can be read."""
    body = HEADER + line(1) + "7,20,60,13.4,52.5\n" + line(2)
    report = send(client, body, query="?on_error=skip").json
    assert report == done(
        added=2, errors=[{"place": "line 3", "message": "code is not a UUID: '7'"}]
    )
    assert send(client, body, 400, query="?on_error=stop")
    before = all_rooms(client)
    answer = send(client, HEADER + line(3) + '"x', 400, query="?on_error=skip")
    assert "line 3: is not CSV, so what follows cannot be read" in answer.json["message"]
    assert all_rooms(client) == before


@pytest.mark.parametrize("media_type", BATCH_FORMATS)
def test_one_code_twice_is_not_guessed(client: TestApp, rooms: list[Room], media_type: str) -> None:
    """Lines that differ are bad, both; equal ones are counted, and repeated they are unchanged."""
    form = next(each for each in FORMATS.values() if each.media_type == media_type)
    unit = "feature" if form.name == "geojson" else "line"
    first = 2 if form.name == "csv" else 1
    price = replace(rooms[0], price=40)

    def written(*batch: Room) -> bytes:
        return b"".join(form.stream_rooms(batch, View()))

    batch = written(rooms[0], rooms[1], price, rooms[1])
    reported = send(client, batch, 400, media_type=media_type).json["message"].splitlines()
    assert reported == [
        "Nothing was imported",
        f"{unit} {first}: has the same code as {unit} {first + 2}, which differs: price 40, not 39",
        f"{unit} {first + 2}: has the same code as {unit} {first}, which differs: price 39, not 40",
    ]
    report = send(client, batch, query="?on_error=skip", media_type=media_type).json
    assert (report["unchanged"], report["repeated"], report["rejected"]) == (1, 1, 2)
    again = send(client, written(price, price), media_type=media_type)
    assert again.json == done(updated=1, repeated=1)
    again = send(client, written(price, price), media_type=media_type)
    assert again.json == done(unchanged=1, repeated=1)


def test_bytes_that_are_not_utf8_spoil_their_line(client: TestApp) -> None:
    """And no other."""
    body = HEADER.encode() + line(1).encode() + b"\xff" + line(2).encode()
    assert send(client, body, query="?on_error=skip").json["added"] == 1


@pytest.mark.parametrize(
    ("media_type", "body", "message"),
    [
        (CSV, "", "file: is empty; it must begin with a header"),
        (CSV, "size,price,lon,lat\n", "code: there is no column code or id; columns are size,"),
        (CSV, HEADER.replace("size", "m2"), "size: there is no column size or "),
        (CSV, HEADER + line(1).replace("20", "20.5"), "size must be an integer, not '20.5'"),
        ("application/x-ndjson", '{"size": 1}', "line 1: code: there is no key code or id; keys"),
        ("application/x-ndjson", "[1]", "line 1: must be one JSON object, and nothing else"),
        ("application/geo+json", "{}", "file: is not GeoJSON"),
        (
            "application/x-ndjson",
            '[{"size": 1}]',
            "file: is a JSON array; put one object on each line",
        ),
        (
            "application/x-ndjson",
            '{\n"size": 1\n}',
            "file: has an object on several lines; put one on",
        ),
        (
            CSV,
            "PK\3\4...",
            "file: is a spreadsheet (xlsx, ods) or another zip file; save it as CSV",
        ),
        (
            "application/geo+json",
            '{"type":"FeatureCollection","features":[],"crs":"EPSG:2180"}',
            "file: crs must be CRS84 or EPSG:4326, degrees of longitude and latitude, not 'EPSG:21",
        ),
        (
            "application/geo+json",
            FEATURES_OF_TWO_IDS,
            "feature 1: id is '1', and among the properties '2'; leave one of them out",
        ),
    ],
)
def test_errors_do_not_name_options_of_the_command(
    client: TestApp, media_type: str, body: str, message: str
) -> None:
    """They do not exist over HTTP."""
    reported = send(client, body, 400, media_type=media_type).json["message"]
    assert message in reported
    assert "--" not in reported


@pytest.mark.parametrize(
    ("query", "headers", "message"),
    [
        ("?on_error=skp", {}, "on_error: must be stop or skip, not 'skp'; did you mean skip?"),
        ("?on_error=skip&on_error=skip", {}, "on_error: is given more than once"),
        ("?on_eror=skip", {}, "on_eror: Parameter on_eror cannot be used; did you mean on_error?"),
        ("", {"If_Match": "*"}, "If-Match: cannot be used with POST"),
        ("", {"If_None_Match": "*"}, "If-None-Match: cannot be used with POST"),
        ("", {"Idempotency_Key": "\xe4"}, "Idempotency-Key: must be 1 to 255 printable"),
    ],
)
def test_what_is_wrong_with_the_request_is_reported(
    client: TestApp, query: str, headers: dict[str, str], message: str
) -> None:
    """Before its body is read."""
    answer = send(client, HEADER + line(1), 400, query, **headers)
    assert answer.json["message"].startswith(message)
    assert len(all_rooms(client)) == 4


def test_on_error_is_for_batches(client: TestApp) -> None:
    """A single room does not take it."""
    answer = send(client, "{}", 400, "?on_error=skip", "application/json")
    assert answer.json["message"] == (
        "on_error: is only for a POST of geojson, csv, ndjson; set its Content-Type"
    )


def test_other_repositories_take_batches_too(rooms: list[Room]) -> None:
    """All or nothing."""
    client = TestApp(Application(Stores(MemRepo()), tokens=TOKENS))
    sent = b"".join(FORMATS["csv"].stream_rooms(rooms, View()))
    send(client, sent + b"x", 400)
    assert all_rooms(client) == []
    assert send(client, sent).json == done(added=4)


@pytest.mark.parametrize("query", ["", "?on_error=skip"])
def test_a_table_without_line_breaks_is_refused(client: TestApp, query: str) -> None:
    """`curl -d @FILE` sends it so; JSON of one line is a batch."""
    table = f"note,{HEADER}x,{line(1)}".replace("\n", "")
    message = send(client, table, 400, query).json["message"]
    assert message == (
        "file: has no line break, so all of it is a header; curl keeps line breaks with "
        "--data-binary, not with -d"
    )
    assert len(all_rooms(client)) == 4
    assert send(client, HEADER, query=query).json == done()
    room = f'{{"id":"{UUID(int=1)}","area":20,"price":60,"lon":13.4,"lat":52.5}}'
    assert send(client, room, 200, query, "application/x-ndjson").json == done(added=1)


def test_what_is_not_used_of_a_batch_is_named(client: TestApp) -> None:
    """Columns and keys, so that none is lost unnoticed; two for one field are refused."""
    table = f"floor,{HEADER}Berlin,{line(1)}"
    assert send(client, table).json == done(added=1, ignored=["floor"])
    room = f'{{"id":"{UUID(int=1)}","area":20,"price":60,"lon":13.4,"lat":52.5,"m":null}}'
    answer = send(client, room, media_type="application/x-ndjson")
    columns = {name: [name] for name in ("code", "size", "price", "latitude", "longitude")} | {
        "code": ["id"],
        "size": ["area"],
        "latitude": ["lat"],
        "longitude": ["lon"],
    }
    assert answer.json == done(unchanged=1, ignored=["m"], columns=columns)
    message = send(client, table.replace("floor", "area"), 400).json["message"]
    assert message == "size: could be any of the columns size and area; keep one"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            "id;size;price;lon;lat\n{};20;1,200;13.4;52.5\n",
            "not '1,200', which may mean 1.200 or 1200",
        ),
        (
            "id;size;price;lon;lat\n{};20;60;13,4;52,5\n",
            "lat must be a decimal number such as 52.23",
        ),
        ("id,size,price,lon,lat\n{},20,NA,13.4,52.5\n", "not 'NA', which looks like no value"),
    ],
)
def test_a_batch_guesses_no_value(client: TestApp, table: str, expected: str) -> None:
    """The answer says what is wrong without naming the command's options."""
    message = send(client, table.format(UUID(int=1)), 400).json["message"]
    assert expected in message
    assert "--" not in message


def test_a_batch_converts_square_feet(client: TestApp) -> None:
    """Whatever the format."""
    table = f"id,sqft,price,lon,lat\n{UUID(int=1)},500,60,13.4,52.5\n"
    assert send(client, table).json == done(added=1)
    assert client.get(f"/rooms/{UUID(int=1)}").json["size"] == 46
    room = f'{{"id":"{UUID(int=1)}","square_feet":500,"price":60,"lon":13.4,"lat":52.5}}'
    assert send(client, room, media_type="application/x-ndjson").json == done(unchanged=1)
