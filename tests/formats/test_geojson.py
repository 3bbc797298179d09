"""GeoJSON files become rooms, or problems that name the feature."""

import json

import pytest

from rentomatic.formats.pieces import MAX_CHARACTERS
from rentomatic.requests.room_import import (
    BadLine,
)
from tests.formats.imports import build, found, problems
from tests.formats.objects import BEGINNING, CODE, FEATURE, FIELDS, POINT, ROOM, collection, geojson


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_geojson_may_arrive_in_any_pieces(size: int) -> None:
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
    ("own", "properties", "message"),
    [
        ("0", f'"id":"{CODE}"', f"id is '0', and among the properties '{CODE}'; "),
        ("7", '"ID":[7]', "id is '7', and among the properties an array; "),
        ("[7]", '"id":7', "id is an array, and among the properties '7'; "),
    ],
)
def test_two_identities_that_differ_are_not_guessed(
    own: str, properties: str, message: str
) -> None:
    """The next file would number its features again, and overwrite other rooms."""
    (problem,) = problems(geojson(named(own, properties), source="x"))
    assert problem == (
        f"feature 1: {message}give --column code=id for the property, or code=feature.id"
    )
    (problem,) = problems(geojson(named(own, properties), advises=False))
    assert problem == f"feature 1: {message}leave one of them out"


def test_a_null_identity_is_reported() -> None:
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
    ("feature", "message"),
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
def test_a_bad_feature_is_reported_by_its_number(feature: str, message: str) -> None:
    """The features around it are good."""
    before, bad, after = geojson(FEATURE, feature, FEATURE)
    assert (before, after) == (ROOM, ROOM)
    assert str(bad).startswith(f"feature 2: {message}")
    assert isinstance(bad, BadLine)
    assert bad.record == (feature,)


@pytest.mark.parametrize(
    ("text", "message"),
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
def test_what_is_not_a_collection_is_reported(text: str, message: str) -> None:
    """Nothing can be imported of it, whatever came before."""
    *_, bad = collection(text)
    assert isinstance(bad, BadLine)
    assert bad.is_last
    assert f"is not GeoJSON, so what follows cannot be read: {message}" in str(bad)


@pytest.mark.parametrize("option", ["columns", "defaults"])
def test_coordinates_of_points_cannot_be_given(option: str) -> None:
    """An option that could do nothing is refused."""
    request = build("", "geojson", **{option: {"longitude": "5"}})
    assert not request
    (error,) = request.errors
    assert str(error).endswith("longitude comes from the Points in GeoJSON; it cannot be given")
