"""NDJSON and GeoJSON files become rooms, or lines that say what is wrong with them."""

import bz2
import codecs
import gzip
import json
import lzma
import tracemalloc
from collections import deque
from itertools import chain, islice, repeat
from uuid import UUID

import pytest

from rentomatic.domain.room import MAX_PRICE, MAX_SIZE, Room
from rentomatic.formats.pieces import MAX_CHARACTERS
from rentomatic.formats.table import FORMATS, guess_format_by_name, guess_format_by_text
from rentomatic.formats.values import former_code, identity_of
from rentomatic.formats.view import View
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_import import (
    BadLine,
    RoomLine,
)
from tests.formats.imports import build, found, problems

CODE = UUID("f853578c-fc0f-4e65-81b8-566c5dffa35a")
ROOM = Room(CODE, 215, 39, -0.09998975, 51.75436293)
FIELDS = f'"code":"{CODE}","size":215,"price":39'
LINE = f'{{{FIELDS},"latitude":51.75436293,"longitude":-0.09998975}}'
POINT = '"geometry":{"type":"Point","coordinates":[-0.09998975,51.75436293]}'
FEATURE = f'{{"type":"Feature",{POINT},"properties":{{{FIELDS}}}}}'
OGR2OGR = "ogr2ogr -t_srs EPSG:4326"
BEGINNING = f'{{"type":"FeatureCollection","features":[{FEATURE}'


def ndjson(*lines: str, **options: object) -> list[Room | BadLine]:
    """Read lines."""
    request = build("\n".join(lines), "ndjson", **options)
    assert request
    return found(request)


def lines_of(text: str, name: str) -> list[RoomLine]:
    """Read a file of good lines, with a source."""
    request = build(text, name, source="x")
    assert request
    return [each for each in request.lines if isinstance(each, RoomLine)]


def geojson(*features: str, **options: object) -> list[Room | BadLine]:
    """Read the features of a collection."""
    return collection(
        f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}', **options
    )


def collection(text: str, **options: object) -> list[Room | BadLine]:
    """Read the text of a GeoJSON file."""
    request = build(text, "geojson", **options)
    assert request
    return found(request)


def with_price(price: str) -> str:
    """Give a line with this price."""
    return LINE.replace(":39", f":{price}")


EXTREMES = [
    Room(UUID(int=1), 1, 0, -180.0, -90.0),
    Room(UUID(int=2), MAX_SIZE, MAX_PRICE, 180.0, 90.0),
    Room(UUID(int=3), 1, 1, 1e-05, -1.5e-07),
    Room(UUID(int=4), 1, 1, 5e-324, -1.7976931348623157e-308),
    Room(UUID(int=5), 1, 1, 0.1 + 0.2, 89.99999999999999),
]


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
    ("price", "told"),
    [
        ("true", "price must be a number or text, not true or false"),
        ("null", "price must be a number or text, not null"),
        ("[39]", "price must be a number or text, not an array"),
        ("{}", "price must be a number or text, not an object"),
        ("1e999", "price must be an amount such as 1200 or $1,200.00, not '1e999'"),
        ("1e99999999999", "price must be an amount such as 1200 or $1,200.00, not '1e99999999999'"),
        ("34.5", "price must be an integer, not '34.5'; give --round to round it"),
        ('"1e3"', "price must be an amount such as 1200 or $1,200.00, not '1e3'"),
        ("-1", f"price must be an integer from 0 to {MAX_PRICE}"),
        ("1" * 5000, f"price must be an amount such as 1200 or $1,200.00, not '{'1' * 39}…'"),
        ("NaN", "is not JSON, which has no NaN"),
        ("-Infinity", "is not JSON, which has no -Infinity"),
        ("039", "is not JSON: expecting ',' delimiter at character 68"),
        ('39,"size":215', "has the key 'size' more than once"),
        ('39,"x":{"y":1,"y":1}', "has the key 'y' more than once"),
        ('39,"SIZE":215', "size: is the name of 2 keys"),
        ('39,"x":"\udcff"', "is not UTF-8 text"),
        ("[" * 60_000, "is not JSON: it is nested too deeply"),
    ],
)
def test_a_bad_line_is_told_by_its_number(price: str, told: str) -> None:
    """The lines around it are good."""
    before, bad, after = ndjson(LINE, with_price(price), LINE)
    assert (before, after) == (ROOM, ROOM)
    assert str(bad) == f"line 2: {told}"


@pytest.mark.parametrize("line", ["[]", "1", "null", LINE + LINE, LINE + ",", "[1]"])
def test_a_line_is_one_object(line: str) -> None:
    """And nothing else."""
    assert problems(ndjson(line)) == ["line 1: must be one JSON object, and nothing else"]


def test_every_problem_of_a_line_is_told() -> None:
    """In the names that the line uses, and of the fields that it lacks."""
    first, second = problems(
        ndjson('{"id":7,"sqft":0,"price":1,"lat":95,"lng":200}', '{"id":1,"lat":2,"lng":3}')
    )
    assert first == (
        "line 1: id is not a UUID: '7'; give --source NAME to make one of it; "
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
def test_a_number_that_was_shortened_is_no_identity(text: str, name: str) -> None:
    """Strangers would be one room."""
    rest = '"size":1,"price":2'
    if name == "csv":
        request = build(f"id,size,price,lat,lon\n{text},1,2,3,4\n", name, source="x")
        assert request
        (told,) = problems(found(request))
    elif name == "geojson":
        (told,) = problems(
            geojson(f'{{"type":"Feature",{POINT},"properties":{{"id":"{text}",{rest}}}}}')
        )
    else:
        spelt = text if name.endswith("number") else f'"{text}"'
        (told,) = problems(ndjson(f'{{"id":{spelt},{rest},"lat":3,"lon":4}}', source="x"))
    assert told.partition(": ")[2] == (
        f"id is a long number that lost its last digits: {text!r}; "
        "format the column as text, as Excel shortens numbers, and save it again"
    )


def test_an_identity_that_cannot_be_spelt_is_told() -> None:
    """A surrogate alone is no character."""
    (told,) = problems(ndjson(LINE.replace(str(CODE), "\\ud800"), source="x"))
    assert told == r"line 1: code is not UTF-8 text: '\ud800'"


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
    assert [each.room for each in rooms if isinstance(each, RoomLine)] == [ROOM]
    assert peak < 20_000 * len(more) / 2


def test_blank_lines_and_a_mark_are_passed_over() -> None:
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


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_geojson_may_come_in_any_pieces(size: int) -> None:
    """Of a line, of many lines, of a character."""
    value = {
        "type": "FeatureCollection",
        "bbox": [-1, 50, 1, 52.5],
        "features": [json.loads(FEATURE)] * 3,
        "count": 12345,
    }
    for text in (json.dumps(value), json.dumps(value, indent=2), json.dumps(value, sort_keys=True)):
        pieces = ["\ufeff", "", *(text[at : at + size] for at in range(0, len(text), size)), " \n"]
        request = build(pieces, "geojson")
        assert request
        assert found(request) == [ROOM] * 3


@pytest.mark.parametrize(
    ("identity", "properties"),
    [
        ("", f'"code":"{CODE}"'),
        (f'"id":"{CODE}",', '"x":1'),
        (f'"id":"{CODE}",', f'"ID":"{CODE.hex}"'),
        (f'"id":"{CODE}",', '"id":null'),
        ('"id":null,', f'"id":"{CODE}"'),
        ('"id":7,', f'"id":8,"code":"{CODE}"'),
        ("", f'"id":"{CODE}"'),
        (f'"id":"{CODE}",', '"longitude":5,"Latitude":"x","lat":6'),
    ],
)
def test_a_feature_says_its_identity_and_place(identity: str, properties: str) -> None:
    """The property `code`, else its `id`; its Point whatever the properties say."""
    properties = f'{{"price":39,"size":215,{properties}}}'
    feature = f'{{"type":"Feature",{identity}{POINT},"properties":{properties}}}'
    assert geojson(feature) == [ROOM]


def named(own: str, properties: str) -> str:
    """Write a feature with an id of its own, and more properties."""
    return FEATURE.replace("{", f'{{"id":{own},', 1).replace(f'"code":"{CODE}"', properties)


@pytest.mark.parametrize(
    ("column", "own", "properties"),
    [
        ("id", "0", f'"id":"{CODE}"'),
        ("ID", "0", f'"id":"{CODE}"'),
        ("id", f'"{CODE}"', '"x":1'),
        ("ref", "0", f'"id":7,"ref":"{CODE}"'),
        ("feature.id", f'"{CODE}"', '"id":7'),
        ("feature.id", f'"{CODE}"', '"id":7,"code":8'),
    ],
)
def test_the_identity_of_a_feature_can_be_given(column: str, own: str, properties: str) -> None:
    """Whatever else could be one: geopandas fills a feature's id with the number of its row."""
    assert geojson(named(own, properties), columns={"code": column}) == [ROOM]


@pytest.mark.parametrize(
    ("own", "properties", "told"),
    [
        ("0", f'"id":"{CODE}"', f"id is '0', and among the properties '{CODE}'; "),
        ("7", '"ID":[7]', "id is '7', and among the properties an array; "),
        ("[7]", '"id":7', "id is an array, and among the properties '7'; "),
    ],
)
def test_two_identities_that_differ_are_not_guessed(own: str, properties: str, told: str) -> None:
    """The next file would number its features anew, and overwrite other rooms."""
    (problem,) = problems(geojson(named(own, properties), source="x"))
    assert problem == (
        f"feature 1: {told}give --column code=id for the property, or code=feature.id"
    )
    (problem,) = problems(geojson(named(own, properties), advises=False))
    assert problem == f"feature 1: {told}leave one of them out"


def test_an_identity_that_is_null_where_it_is_wanted_is_told() -> None:
    """What was said is not replaced by something else."""
    (problem,) = problems(geojson(named("0", '"id":null'), columns={"code": "id"}))
    assert problem == "feature 1: id must be a number or text, not null"
    (problem,) = problems(geojson(named("null", '"id":7'), columns={"code": "feature.id"}))
    assert problem.startswith("feature 1: column: there is no key 'feature.id'; keys are id, size")


def crs(name: str) -> str:
    """Write a coordinate reference system."""
    return f'{{"type":"name","properties":{{"name":"{name}"}}}}'


@pytest.mark.parametrize(
    "written",
    [
        "null",
        '"EPSG:4326"',
        *map(crs, ("CRS84", "OGC:CRS84", "EPSG:4326", "epsg:4326", "urn:ogc:def:crs:EPSG::4326")),
        *map(crs, ("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84")),
        *map(crs, ("urn:x-ogc:def:crs:EPSG:4326", "urn:ogc:def:crs:EPSG:6.9:4326")),
        *(crs(f"http://www.opengis.net/{name}") for name in ("def/crs/OGC/1.3/CRS84",)),
        *(crs(f"https://www.opengis.net/{name}") for name in ("def/crs/EPSG/0/4326",)),
    ],
)
def test_degrees_are_known_by_their_names(written: str) -> None:
    """However GIS spell them."""
    assert collection(f'{BEGINNING}],"crs":{written}}}') == [ROOM]


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize(
    ("written", "named"),
    [
        *(
            (crs(name), repr(name))
            for name in ("EPSG:3857", "EPSG:43260", "urn:ogc:def:crs:EPSG::2180")
        ),
        *((crs(name), repr(name)) for name in ("CRS83", "", "EPSG:14326", "WGS 84 / UTM 33N")),
        ('{"type":"link","properties":{"href":"x"}}', "one without a name"),
        ("[]", "one without a name"),
    ],
)
def test_other_coordinates_are_refused_by_name(written: str, named: str, place: str) -> None:
    """Before the rooms or behind them: metres taken for degrees would be other places."""
    member = f'"crs":{written}'
    text = f"{BEGINNING}],{member}}}"
    if place == "before":
        text = BEGINNING.replace("{", f"{{{member},", 1) + "]}"
    *_, bad = collection(text)
    assert isinstance(bad, BadLine)
    assert bad.is_last
    assert str(bad) == (
        "file: crs must be CRS84 or EPSG:4326, degrees of longitude and latitude, "
        f"not {named}; convert the file: ogr2ogr -t_srs EPSG:4326 NEW OLD"
    )


@pytest.mark.parametrize(
    ("feature", "told"),
    [
        ("null", "must be a Feature"),
        (POINT.removeprefix('"geometry":'), "must be a Feature"),
        (FEATURE.replace("Point", "Polygon"), "geometry must be a Point, not a Polygon"),
        (FEATURE.replace(POINT, '"geometry":null'), "geometry must be a Point, not null"),
        (FEATURE.replace('"Point"', "7"), "geometry must be a Point, not an object"),
        ('"x"', "must be a Feature, not text"),
        ('{"type":"Polygon","coordinates":[]}', "must be a Feature, not a Polygon"),
        (FEATURE.replace("6293]", '6293,"x"]'), "coordinates must be numbers, not text"),
        (FEATURE.replace("6293]", "6293,null]"), "coordinates must be numbers, not null"),
        (FEATURE.replace("-0.09998975", '"0"'), "coordinates must be numbers, not text"),
        (FEATURE.replace("-0.09998975,51.75436293", "[1,2]"), "coordinates must be longitude and"),
        (
            FEATURE.replace("{", '{"crs":{"properties":{"name":"EPSG:2180"}},', 1),
            "crs must be CRS84 or EPSG:4326, degrees of longitude and latitude, not 'EPSG:2180'",
        ),
        (FEATURE.replace("[-0.09998975,51.75436293]", "[1]"), "coordinates must be longitude and"),
        (FEATURE.replace("-0.09998975", "NaN"), "is not JSON, which has no NaN"),
        (FEATURE.replace("-0.09998975", "1e999"), "longitude must be a decimal number such as"),
        (FEATURE.replace("-0.09998975", "null"), "coordinates must be numbers, not null"),
        (FEATURE.replace("-0.09998975,51", "21,152"), "latitude must be from -90 to 90, not"),
        (FEATURE.replace('"price":39', '"price":true'), "price must be a number or text, not true"),
        (FEATURE.replace('"price":39', '"price":3,"price":3'), "has the key 'price' more than"),
        (FEATURE.replace('"price":39', '"price":39,"x":"\udcff"'), "is not UTF-8 text"),
        (FEATURE.replace('"properties":{', '"properties":7,"x":{'), "properties must be an object"),
        (
            FEATURE.replace('"properties":{', '"properties":"","x":{'),
            "properties must be an object",
        ),
        (FEATURE.replace(FIELDS, f'"id":"{CODE}","size":1'), "price: there is no key price; "),
    ],
)
def test_a_bad_feature_is_told_by_its_number(feature: str, told: str) -> None:
    """The features around it are good."""
    before, bad, after = geojson(FEATURE, feature, FEATURE)
    assert (before, after) == (ROOM, ROOM)
    assert str(bad).startswith(f"feature 2: {told}")
    assert isinstance(bad, BadLine)
    assert bad.record == (feature,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected { but found the end of the file"),
        ("[]", "expected { but found '['"),
        ("{}", 'expected " but found'),
        (FEATURE, "its type must be FeatureCollection, not 'Feature'"),
        ('{"type":"FeatureCollection"}', "it must be a FeatureCollection with features"),
        ('{"features":[]}', "it must be a FeatureCollection with features"),
        ('{"features":[],"features":[]}', "the member features occurs twice"),
        ('{"bbox":[NaN],"features":[]}', "the member bbox is not JSON, which has no NaN"),
        ('{"crs":{"a":1,"a":1}}', "the member crs has the key 'a' more than once"),
        (r'{"\ud800":1,"\ud800":1}', r"the member '\ud800' occurs twice"),
        ('{"\udcff":NaN}', r"the member '\udcff' is not JSON, which has no NaN"),
        ('{"a\\nb":NaN}', r"the member 'a\nb' is not JSON, which has no NaN"),
        ('{"' + "x" * 50 + '":NaN}', f"the member '{'x' * 39}…' is not JSON, which has no NaN"),
        ('{"features":7}', "expected [ but found '7'"),
        (BEGINNING, "expected , or ] but found the end of the file"),
        (BEGINNING + ",]}", "expecting value at character 1"),
        (BEGINNING + "]", "expected , or } but found the end of the file"),
        (BEGINNING + "]} x", "there is more after its end"),
        (BEGINNING + "," + "[" * 60_000, "it is nested too deeply"),
        (BEGINNING + ',"' + "x" * MAX_CHARACTERS + '"', "it is longer than 1048576 characters"),
        (
            BEGINNING + ',"' + "x" * 3 * MAX_CHARACTERS,
            "unterminated string starting at character 1, or it is longer",
        ),
        (BEGINNING + f",{FEATURE}{FEATURE}", "expected , or ] but found '{'"),
    ],
)
def test_what_is_no_collection_is_told(text: str, told: str) -> None:
    """Nothing can be imported of it, whatever came before."""
    *_, bad = collection(text)
    assert isinstance(bad, BadLine)
    assert bad.is_last
    assert f"is not GeoJSON, so what follows cannot be read: {told}" in str(bad)


@pytest.mark.parametrize("option", ["columns", "defaults"])
def test_coordinates_of_points_cannot_be_given(option: str) -> None:
    """An option that could do nothing is refused."""
    request = build("", "geojson", **{option: {"longitude": "5"}})
    assert not request
    (error,) = request.errors
    assert str(error).endswith("longitude comes from the Points in GeoJSON; it cannot be given")


@pytest.mark.parametrize("name", ["ndjson", "geojson"])
def test_wrong_options_are_told_before_anything_is_read(name: str) -> None:
    """All of them."""
    request = build("", name, columns={"colour": "x"}, defaults={"size": "big", "code": "x"})
    assert not request
    assert {str(error).split(";")[0] for error in request.errors} == {
        "column: there is no field colour",
        "default: size must be an amount such as 1200 or $1,200.00, not 'big'",
        "default: code must differ from line to line",
    }


@pytest.mark.parametrize(
    ("name", "told"),
    [
        *(("a.csv", "csv"), ("a.TSV", "csv"), ("b/a.ndjson", "ndjson"), ("a.b.jsonl", "ndjson")),
        *(("a.geojson", "geojson"), ("a.json", None)),
    ],
)
def test_a_files_name_tells_its_format(name: str, told: str | None) -> None:
    """In any case; .json may be several."""
    guessed = guess_format_by_name(name)
    assert guessed == (FORMATS[told] if told else None)


@pytest.mark.parametrize("name", ["rooms", "rooms.pdf", ".csv", "csv"])
def test_a_name_that_tells_no_format_is_refused(name: str) -> None:
    """Saying what would be right."""
    guessed = guess_format_by_name(name)
    assert isinstance(guessed, InvalidRequest)
    assert str(guessed.errors[0]) == (
        f"format: {name!r} does not end in one of .geojson .csv .tsv .ndjson .jsonl .json; "
        "give one of geojson, csv, ndjson"
    )


@pytest.mark.parametrize(
    ("start", "told"),
    [
        *(("", "csv"), ("code,size", "csv"), ('"code"', "csv"), (LINE, "ndjson")),
        *((f"\ufeff \n{LINE}", "ndjson"), ('{"x":{"features":[]}}', "ndjson")),
        *((BEGINNING, "geojson"), ('\ufeff{ "features" : [', "geojson")),
        ('{\n "name": "x",\n "type": "FeatureCollection"', "geojson"),
    ],
)
def test_a_files_text_tells_its_format(start: str, told: str) -> None:
    """By its first character, and if that is JSON's by what the object is."""
    guessed = guess_format_by_text(start)
    assert not isinstance(guessed, InvalidRequest)
    assert guessed.name == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a/b.csv.gz", "b.csv.gz is compressed: gunzip -c b.csv.gz | rentomatic import -"),
        (
            "my b.JSON.BZ2",
            "my b.JSON.BZ2 is compressed: bzcat 'my b.JSON.BZ2' | rentomatic import -",
        ),
        ("b.zip", "b.zip is compressed: unzip -p b.zip | rentomatic import -"),
        ("b.xlsx", "b.xlsx is a spreadsheet; save it as CSV in UTF-8 and import that"),
        ("b.ods", "b.ods is a spreadsheet; save it as CSV in UTF-8 and import that"),
        ("b.shp", f"b.shp is a map of another kind; convert it: {OGR2OGR} rooms.geojson b.shp"),
    ],
)
def test_a_name_tells_what_to_do_with_another_kind(name: str, told: str) -> None:
    """In a line, which can be copied where it is a command."""
    guessed = guess_format_by_name(name)
    assert isinstance(guessed, InvalidRequest)
    assert str(guessed.errors[0]) == f"format: {told}"


@pytest.mark.parametrize("name", ["csv", "ndjson", "geojson"])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (gzip.compress(b"code,size\n"), "is compressed by gzip; unpack it first"),
        (bz2.compress(b"code,size\n"), "is compressed by bzip2; unpack it first"),
        (lzma.compress(b"code,size\n"), "is compressed by xz; unpack it first"),
        (b"PK\3\4\x14\0", "is a spreadsheet (xlsx, ods) or another zip file; save it as CSV in"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is a spreadsheet (xls); save it as CSV in UTF-8"),
        (codecs.BOM_UTF16_LE + "code".encode("utf-16-le"), "is UTF-16; save it as UTF-8"),
        (codecs.BOM_UTF16_BE + "code".encode("utf-16-be"), "is UTF-16; save it as UTF-8"),
    ],
)
def test_a_beginning_tells_what_to_do_with_another_kind(
    content: bytes, told: str, name: str
) -> None:
    """Whatever the file is called."""
    request = build(content.decode("utf-8", "surrogateescape"), name)
    assert not request
    assert str(request.errors[0]).startswith(f"file: {told}")


@pytest.mark.parametrize(
    ("value", "told"),
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
def test_json_that_is_not_an_object_a_line_is_refused_once(
    value: str, told: str, indent: int | None
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
        assert str(bad) == f"file: {told}"
    (bad,) = ndjson(f"[{LINE * 10_000}") if value != LINE else ndjson('{ "size" : 1 ,')
    assert str(bad) == f"file: {told}"


@pytest.mark.parametrize("blank", ["", "  ", "\t", "\u00a0 ", "\x0c"])
def test_a_line_of_blanks_is_passed_over(blank: str) -> None:
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
