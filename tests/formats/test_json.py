"""NDJSON files become rooms, or problems that name the line."""

import json
import tracemalloc
from collections import deque
from itertools import chain, islice, repeat
from uuid import UUID

import pytest

from rentomatic.domain.room import MAX_PRICE, MAX_SIZE, Room
from rentomatic.formats.pieces import MAX_CHARACTERS
from rentomatic.formats.table import FORMATS, guess_format_by_text
from rentomatic.formats.values import former_code, identity_of
from rentomatic.formats.view import View
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_import import (
    BadLine,
    RoomLine,
)
from tests.formats.imports import build, found, problems
from tests.formats.objects import (
    BEGINNING,
    CODE,
    FEATURE,
    LINE,
    POINT,
    ROOM,
    geojson,
    lines_of,
    ndjson,
    with_price,
)

EXTREMES = [
    Room(UUID(int=1), 1, 0, -180.0, -90.0),
    Room(UUID(int=2), MAX_SIZE, MAX_PRICE, 180.0, 90.0),
    Room(UUID(int=3), 1, 1, 1e-05, -1.5e-07),
    Room(UUID(int=4), 1, 1, 5e-324, -1.7976931348623157e-308),
    Room(UUID(int=5), 1, 1, 0.1 + 0.2, 89.99999999999999),
]

MANY_KEYS = ",".join(f'"{number}":1' for number in range(80_000))


@pytest.mark.parametrize("name", ["csv", "ndjson", "geojson"])
@pytest.mark.parametrize("rooms", [[], EXTREMES, EXTREMES * 500], ids=["none", "few", "many"])
def test_what_is_written_is_read_back_unchanged(name: str, rooms: list[Room]) -> None:
    """To the last digit, however large or small."""
    text = b"".join(FORMATS[name].stream_rooms(rooms, View())).decode()
    request = build(text, name)
    assert request
    assert found(request) == rooms


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_line_is_a_room(end: str) -> None:
    """Whatever ends it."""
    assert ndjson(LINE + end + (LINE if end else "")) == [ROOM] * (2 if end else 1)


def test_keys_are_known_by_name_in_each_line() -> None:
    """Other usual names, in any case and order; others are passed over."""
    other = f'{{"LNG":-0.09998975,"lat":51.75436293,"area":215,"x":[{{"y":1e999}}],"id":"{CODE}"'
    assert ndjson(LINE, other + ',"Price":39}') == [ROOM, ROOM]


def test_keys_can_be_given() -> None:
    """An option names the key, or the value where a line has none."""
    line = LINE.replace("price", "rent").replace('"size":215,', "")
    assert ndjson(line, columns={"price": "rent"}, defaults={"size": "215"}) == [ROOM]
    assert problems(ndjson(line, columns={"price": "pay"}, defaults={"size": "1"})) == [
        "line 1: column: there is no key 'pay'; keys are code, rent, latitude, longitude"
    ]


@pytest.mark.parametrize(
    ("price", "value"),
    [
        ("39", 39),
        ("39.0", 39),
        ("3.9e1", 39),
        ("4E+1", 40),
        ('"1200"', 1200),
        ('"$1,200.00"', 1200),
    ],
)
def test_numbers_are_read_and_text_as_in_csv(price: str, value: int) -> None:
    """Files of other systems have amounts as text."""
    (room,) = ndjson(with_price(price))
    assert isinstance(room, Room)
    assert room.price == value


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ("true", "price must be a number or text, not true or false"),
        ("null", "price must be a number or text, not null"),
        ("[39]", "price must be a number or text, not an array"),
        ("{}", "price must be a number or text, not an object"),
        ("1e999", "price must be an amount such as 1200 or $1,200.00, not '1e999'"),
        ("1e99999999999", "price must be an amount such as 1200 or $1,200.00, not '1e99999999999'"),
        ("34.5", "price must be an integer, not '34.5'; give --round to round it"),
        ('"1e3"', "price must be an amount such as 1200 or $1,200.00, not '1e3'"),
        ("-1", f"price must be an integer from 0 to {MAX_PRICE}, not '-1'"),
        ("1" * 5000, f"price must be an amount such as 1200 or $1,200.00, not '{'1' * 39}…'"),
        ("NaN", "is not JSON, which has no NaN"),
        ("-Infinity", "is not JSON, which has no -Infinity"),
        ("039", "is not JSON: expecting ',' delimiter at character 68"),
        ('39,"size":215', "has the key 'size' more than once"),
        # Each key is looked at once, which matters if there are many.
        pytest.param(f'39,{MANY_KEYS},"y":1,"y":1', "has the key 'y' more than once", id="many"),
        ('39,"x":{"y":1,"y":1}', "has the key 'y' more than once"),
        ('39,"SIZE":215', "size: is the name of 2 keys"),
        ('39,"x":"\udcff"', "is not UTF-8 text"),
        ("[" * 60_000, "is not JSON: it is nested too deeply"),
    ],
)
def test_a_bad_line_is_reported_by_its_number(price: str, message: str) -> None:
    """The lines around it are good."""
    before, bad, after = ndjson(LINE, with_price(price), LINE)
    assert (before, after) == (ROOM, ROOM)
    assert str(bad) == f"line 2: {message}"


@pytest.mark.parametrize("line", ["[]", "1", "null", LINE + LINE, LINE + ",", "[1]"])
def test_a_line_is_one_object(line: str) -> None:
    """And nothing else."""
    assert problems(ndjson(line)) == ["line 1: must be one JSON object, and nothing else"]


def test_every_problem_of_a_line_is_reported() -> None:
    """In the names that the line uses, and of the fields that it lacks."""
    first, second = problems(
        ndjson('{"id":7,"sqft":0,"price":1,"lat":95,"lng":200}', '{"id":1,"lat":2,"lng":3}')
    )
    assert first == (
        "line 1: id is not a UUID: '7'; give --source NAME to make one from it; "
        "sqft must be an integer from 1 to 2147483647 in square metres, not '0', which is 0; "
        "lat must be from -90 to 90, not '95'; were longitude and latitude swapped?; "
        "lng must be from -180 to 180, not '200'"
    )
    assert second == (
        "line 2: size: there is no key size or squareMeters or square_feet or sqft or area; "
        "give --column size=NAME or --default size=VALUE; keys are id, lat, lng; "
        "price: there is no key price; "
        "give --column price=NAME or --default price=VALUE; keys are id, lat, lng"
    )


def test_an_identity_is_the_same_in_every_format() -> None:
    """A number, text or a column: the same source makes the same code of it."""
    rest = '"size":1,"price":2,"lat":3,"lon":4'
    (number,) = ndjson(f'{{"id":7,{rest}}}', source="x")
    (text,) = ndjson(f'{{"id":"7",{rest}}}', source="x")
    (feature,) = geojson(
        '{"type":"Feature","id":7,"properties":{"size":1,"price":2},'
        '"geometry":{"type":"Point","coordinates":[4,3]}}',
        source="x",
    )
    table = build("id,size,price,lat,lon\n7,1,2,3,4\n", "csv", source="x")
    assert table
    assert [number] == [text] == [feature] == found(table)


@pytest.mark.parametrize("spelt", ["7.0", "7e0", "70e-1", '"7"', '"7.0"', '" 7.00 "'])
def test_a_whole_number_is_one_identity_however_it_is_written(spelt: str) -> None:
    """As pandas writes it beside a gap, as JSON may, and as text; in every format."""
    rest = '"size":1,"price":2'
    ((number, room, *_, former),) = lines_of(f'{{"id":{spelt},{rest},"lat":3,"lon":4}}', "ndjson")
    assert (number, former) == (1, UUID("d602fba0-72e0-52f3-90c5-fef3211d2a60"))
    assert room.code == UUID("95feb972-b47d-578e-8555-f36deab2b348")
    feature = (
        f'{{"type":"Feature","id":{spelt},"properties":{{{rest}}},'
        '"geometry":{"type":"Point","coordinates":[4,3]}}'
    )
    room = room.completed(None)
    assert room.reference == "7"
    assert geojson(feature, source="x") == [room]
    if "e" not in spelt:
        table = build(f"id,size,price,lat,lon\n{spelt},1,2,3,4\n", "csv", source="x")
        assert table
        assert found(table) == [room]


@pytest.mark.parametrize("text", ["12e3", "007", "007.0", "7.5", "7.", "1e+5", "1.0.0", "+7"])
def test_other_text_is_an_identity_as_it_is(text: str) -> None:
    """And no other one: nothing is made of it."""
    known = {identity_of(each) for each in ("7", "12000", "100000", "1")}
    assert identity_of(text) == text
    assert identity_of(text) not in known
    assert former_code(text, "x") is None


@pytest.mark.parametrize("text", ["1.23457E+14", "1E+15", "-1.2E+11", "1.23457e+14"])
@pytest.mark.parametrize("name", ["csv", "ndjson text", "ndjson number", "geojson"])
def test_a_shortened_number_is_not_an_identity(text: str, name: str) -> None:
    """Strangers would be one room."""
    rest = '"size":1,"price":2'
    if name == "csv":
        request = build(f"id,size,price,lat,lon\n{text},1,2,3,4\n", name, source="x")
        assert request
        (message,) = problems(found(request))
    elif name == "geojson":
        (message,) = problems(
            geojson(f'{{"type":"Feature",{POINT},"properties":{{"id":"{text}",{rest}}}}}')
        )
    else:
        spelt = text if name.endswith("number") else f'"{text}"'
        (message,) = problems(ndjson(f'{{"id":{spelt},{rest},"lat":3,"lon":4}}', source="x"))
    assert message.partition(": ")[2] == (
        f"id is a long number that lost its last digits: {text!r}; "
        "format the column as text, as Excel shortens numbers, and save it again"
    )


def test_an_identity_that_is_not_utf8_is_reported() -> None:
    """A lone surrogate is not a character."""
    (message,) = problems(ndjson(LINE.replace(str(CODE), "\\ud800"), source="x"))
    assert message == r"line 1: code is not UTF-8 text: '\ud800'"


@pytest.mark.parametrize(
    ("name", "start", "more"),
    [
        ("csv", "code,size,price,longitude,latitude\n", f"{CODE},215,39,-0.09998975,51.75436293\n"),
        ("ndjson", "", LINE + "\n"),
        ("geojson", f"{BEGINNING},", FEATURE + ","),
    ],
)
def test_a_file_without_end_is_read_in_constant_memory(name: str, start: str, more: str) -> None:
    """Its rooms come as they are asked for, and what was read is forgotten."""
    request = build(chain([start], repeat(more)), name)
    assert request
    tracemalloc.start()
    try:
        rooms = deque(islice(request.lines, 20_000), maxlen=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [each.room.completed(None) for each in rooms if isinstance(each, RoomLine)] == [ROOM]
    assert peak < 20_000 * len(more) / 2


def test_blank_lines_and_a_byte_order_mark_are_skipped() -> None:
    """They are counted; a mark is one at the beginning only."""
    good, bad, mark = ndjson("\ufeff" + LINE, "", " \r", "x", "\ufeff" + LINE)
    assert good == ROOM
    assert str(bad) == "line 4: is not JSON: expecting value at character 1"
    assert str(mark) == "line 5: is not JSON: expecting value at character 1"


def test_an_endless_line_ends_the_file() -> None:
    """It does not fill the memory."""
    good, bad = ndjson(LINE, "x" * (MAX_CHARACTERS + 1), LINE)
    assert good == ROOM
    assert isinstance(bad, BadLine)
    assert bad.is_last


@pytest.mark.parametrize("name", ["ndjson", "geojson"])
def test_wrong_options_are_reported_before_anything_is_read(name: str) -> None:
    """All of them."""
    request = build("", name, columns={"colour": "x"}, defaults={"size": "big", "code": "x"})
    assert not request
    assert {str(error).split(";")[0] for error in request.errors} == {
        "column: there is no field colour",
        "default: size must be an amount such as 1200 or $1,200.00, not 'big'",
        "default: code must differ from line to line",
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            f"[{LINE}]",
            "is a JSON array; put one object on each line: jq -c '.[]' OLD >NEW.ndjson",
        ),
        (
            LINE,
            "has an object on several lines; put one on each line: jq -c . OLD >NEW.ndjson",
        ),
    ],
)
@pytest.mark.parametrize("indent", [None, 0, 2])
def test_json_that_is_not_one_object_per_line_is_refused_once(
    value: str, message: str, indent: int | None
) -> None:
    """With the command that converts it, however long it is."""
    text = json.dumps(json.loads(value), indent=indent)
    if value == LINE and indent is None:
        assert ndjson(text) == [ROOM]
        return
    for start in ("", " \n\n "):
        (bad,) = ndjson(start + text + "\n" + text)
        assert isinstance(bad, BadLine)
        assert bad.is_last
        assert str(bad) == f"file: {message}"
    (bad,) = ndjson(f"[{LINE * 10_000}") if value != LINE else ndjson('{ "size" : 1 ,')
    assert str(bad) == f"file: {message}"


@pytest.mark.parametrize("blank", ["", "  ", "\t", "\u00a0 ", "\x0c"])
def test_a_line_of_blanks_is_skipped(blank: str) -> None:
    """In NDJSON and in CSV; it is counted."""
    good, bad = ndjson(LINE, blank, "x")
    assert good == ROOM
    assert str(bad).startswith("line 3: is not JSON")
    table = build(f"code,size,price,lat,lon\n{blank}\n{CODE},215,39,x,0\n", "csv")
    assert table
    (bad,) = found(table)
    assert str(bad).startswith("line 3: lat must be")


def test_an_array_is_refused() -> None:
    """It is what GET /rooms gives as JSON, and none of the formats."""
    guessed = guess_format_by_text("\n[{")
    assert isinstance(guessed, InvalidRequest)
    assert str(guessed.errors[0]) == (
        "format: a JSON array is not one of geojson, csv, ndjson; "
        "convert it: jq -c '.[]' OLD >NEW.ndjson"
    )
