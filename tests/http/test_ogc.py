"""OGC API Features: what each document says, and which rooms a search finds."""

from collections.abc import Callable
from urllib.parse import quote
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from webtest import TestApp

from rentomatic.domain.room import Room
from rentomatic.repository.interface import RoomRepository
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.ogc.documents import CONFORMS_TO
from rentomatic.wsgi.ogc.links import CRS84, DOCUMENTS
from rentomatic.wsgi.routing import OGC, ROUTES
from rentomatic.wsgi.service import Stores

ITEMS = "/ogc/collections/rooms/items"
SITE = "https://rooms.example.com"
PATHS = tuple(route.path for route in ROUTES if route.tag == OGC)


@pytest.fixture
def layer(memory: RoomRepository, make_room: Callable[..., Room]) -> TestApp:
    """The application with five rooms, some of which lack a city, and an address."""
    memory.save(
        make_room(number, price=100 * number, longitude=float(number), **fields)
        for number, fields in enumerate(
            [
                {"city": "Paris", "bedrooms": 1},
                {"city": "Bonn"},
                {},
                {"city": "Ulm", "title": "Loft"},
                {"bedrooms": 3},
            ],
            1,
        )
    )
    application = Application(Stores(memory), public_url=SITE)
    return TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


def numbers(layer: TestApp, **parameters: object) -> list[int]:
    """Search, and return the numbers of the rooms."""
    found = layer.get(
        ITEMS, {name.replace("_crs", "-crs"): each for name, each in parameters.items()}
    )
    return [int(each["id"][-2:]) for each in found.json["features"]]


@pytest.mark.parametrize("path", [path for path in PATHS if "{" not in path])
def test_all_links_have_targets(layer: TestApp, path: str) -> None:
    """They are absolute, and answered with the media type that they promise."""
    answer = layer.get(path)
    listed = list(answer.json.get("links", []))
    for each in answer.json.get("collections", []):
        listed += each["links"]
    assert listed or path in DOCUMENTS
    for link in listed:
        assert link["href"].startswith(f"{SITE}/")
        target = layer.get(
            link["href"].removeprefix(SITE), headers={"Accept": link["type"].partition(";")[0]}
        )
        assert target.headers["Content-Type"].partition(";")[0] == link["type"].partition(";")[0]


def test_without_an_address_links_are_relative(client: TestApp) -> None:
    """Never made from Host, which a client chooses."""
    for path in ("/ogc", "/ogc/collections", ITEMS):
        links = client.get(path, headers={"Host": "evil.example"}).json["links"]
        assert all(link["href"].startswith("/") for link in links)


def test_the_openapi_document_is_valid(layer: TestApp) -> None:
    """OpenAPI 3.0; GDAL looks for the path of the items, and cql-text among its languages."""
    document = layer.get("/ogc/api").json
    OpenAPIV30SpecValidator(document).validate()
    assert document["servers"] == [{"url": f"{SITE}/ogc"}]
    listed = document["paths"]["/collections/rooms/items"]["get"]["parameters"]
    parameters = [
        document["components"]["parameters"][each["$ref"].rpartition("/")[2]] for each in listed
    ]
    (languages,) = [each["schema"]["enum"] for each in parameters if each["name"] == "filter-lang"]
    assert "cql-text" in languages
    assert {"price", "city", "available_from"} <= {each["name"] for each in parameters}
    assert set(document["paths"]) == {
        path.removeprefix("/ogc").replace("{code}", "{roomCode}") or "/" for path in PATHS
    }
    for path in document["paths"]:
        layer.get(f"/ogc{path}".rstrip("/").replace("{roomCode}", f"{1:032x}"))


@pytest.mark.parametrize("name", ["queryables", "schema", "feature-schema"])
def test_the_schemas_are_valid(layer: TestApp, name: str) -> None:
    """And what is returned is as they say."""
    schema = layer.get(f"/ogc/collections/rooms/{name}")
    assert schema.headers["Content-Type"] == "application/schema+json"
    Draft202012Validator.check_schema(schema.json)
    assert schema.json["$id"] == f"{SITE}/ogc/collections/rooms/{name}"


def test_rooms_are_as_their_schemas_say(layer: TestApp) -> None:
    """Both the schema of the fields and that of the Feature."""
    fields = layer.get("/ogc/collections/rooms/schema").json
    feature = layer.get("/ogc/collections/rooms/feature-schema").json
    feature["properties"]["geometry"] = {"type": "object"}
    for each in layer.get(ITEMS).json["features"]:
        Draft202012Validator(feature).validate(each)
        Draft202012Validator(fields).validate(each["properties"] | {"geometry": each["geometry"]})


def test_the_layer_has_the_extent_of_the_rooms(layer: TestApp, memory: RoomRepository) -> None:
    """From the westernmost to the easternmost room; without rooms there is none."""
    extent = layer.get("/ogc/collections/rooms").json["extent"]["spatial"]
    assert extent == {"bbox": [[1.0, 52.0, 5.0, 52.0]], "crs": CRS84}
    assert layer.get("/ogc/collections").json["collections"][0]["extent"]["spatial"] == extent
    for number in range(1, 6):
        memory.remove(UUID(int=number))
    assert "extent" not in layer.get("/ogc/collections/rooms").json


def test_documents_are_pages_too(layer: TestApp) -> None:
    """With the address that opens the layer, in the visitor's language."""
    for path in ("/ogc", "/ogc/collections", "/ogc/collections/rooms"):
        page = layer.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert f"<code>{SITE}/ogc</code>" in page.text
        assert "レイヤー" in layer.get(f"{path}?format=html&lang=ja").text
        layer.get(f"{path}?format=csv", status=400)


def test_conformance_declares_what_is_implemented(layer: TestApp) -> None:
    """Not Part 2, and not HTML, which only some documents have."""
    assert layer.get("/ogc/conformance").json == {"conformsTo": list(CONFORMS_TO)}
    assert len(CONFORMS_TO) == len(set(CONFORMS_TO)) == 12


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"bbox": "1.5e0,-9e1,3,90"}, [2, 3]),
        ({"bbox": "1.5,-90,0,3,90,1e3"}, [2, 3]),
        ({"bbox": "4,52,-180,52", "bbox_crs": CRS84}, [4, 5]),
        ({"datetime": "2027-01-31T12:00:00Z"}, [1, 2, 3, 4, 5]),
        ({"datetime": "../2027-01-31T12:00:00.5+01:00"}, [1, 2, 3, 4, 5]),
        ({"price": 200}, [2]),
        ({"city": "ULM"}, [4]),
        ({"city": "Ulm", "price": 200}, []),
        ({"filter": "price < 200 OR city = 'Ulm'"}, [1, 4]),
        ({"filter": "NOT (city = 'Ulm')", "filter-lang": "cql-text"}, [1, 2]),
        ({"filter": "city IS NULL", "filter-lang": "cql2-text", "filter_crs": CRS84}, [3, 5]),
        ({"filter": "bedrooms IN (1, 3)", "bbox": "2,52,9,52"}, [5]),
        ({"filter": "S_INTERSECTS(geometry,POINT(4 52))"}, [4]),
        ({"limit": 2}, [1, 2]),
        ({"limit": 99999}, [1, 2, 3, 4, 5]),
    ],
)
def test_parameters_select_rooms(
    layer: TestApp, parameters: dict[str, object], expected: list[int]
) -> None:
    """All of them together; time selects nothing, and too large a limit is the largest one."""
    assert numbers(layer, **parameters) == expected


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("limit=0", "limit: must be an integer of at least 1, not '0'"),
        ("limit=none", "limit: must be an integer of at least 1, not 'none'"),
        ("bbox=1,2,3", "bbox: must be west,south,east,north, or the same with heights"),
        ("bbox=1,2,3,x", "bbox: must be numbers such as -0.2 or 1e-3, not 'x'"),
        ("bbox=1,2,3,1e999", "bbox: must have latitudes from -90 to 90"),
        ("bbox=1,5,3,4", "south before north"),
        ("bbox-crs=EPSG:4326", f"bbox-crs: must be {CRS84}, not 'EPSG:4326'"),
        ("crs=EPSG:4326", "crs: Parameter crs cannot be used"),
        ("datetime=yesterday", "datetime: must be a time such as 2027-01-31T12:00:00Z"),
        ("datetime=../..", "datetime: must be a time"),
        ("price=cheap", "price: must be an integer of at most 18 digits"),
        ("prise=5", "prise: Parameter prise cannot be used; did you mean price?"),
        ("price=5&price=6", "price: is given more than once"),
        ("filter=price%20%3C", "filter: is wrong at character 8: a number, text in single"),
        ("filter=foo(price)", "filter: is wrong at character 1: 'foo' is not a function"),
        ("filter=price%3D1&filter-lang=cql2-json", "filter-lang: must be cql2-text or cql-text"),
        (f"filter={'(' * 1000}", "parentheses are nested more than 80 deep"),
        ("after=x", "after: must be a cursor of this search"),
        ("filter_price__lt=5", "filter_price__lt: Parameter filter_price__lt cannot be used"),
    ],
)
def test_bad_parameters_are_named(layer: TestApp, query: str, problem: str) -> None:
    """With what would be right."""
    assert problem in layer.get(f"{ITEMS}?{query}", status=400).json["message"]


def test_pages_follow_each_other(layer: TestApp) -> None:
    """`next` is on all pages but the last; the number of all rooms is on the first page only."""
    path, found, matched = f"{ITEMS}?limit=2&filter={quote('price > 100')}", [], []
    while path:
        page = layer.get(path).json
        found += [each["properties"]["price"] for each in page["features"]]
        assert page["numberReturned"] == len(page["features"])
        matched.append(page.get("numberMatched"))
        path = next((each["href"] for each in page["links"] if each["rel"] == "next"), "")
        path = path.removeprefix(SITE)
    assert found == [200, 300, 400, 500]
    assert matched == [4, None]


def test_one_room_is_a_feature(layer: TestApp) -> None:
    """With a link to its layer."""
    room = layer.get(f"{ITEMS}/{1:032x}")
    assert room.headers["Content-Type"] == "application/geo+json"
    assert room.json["properties"]["city"] == "Paris"
    assert {each["rel"] for each in room.json["links"]} == {"self", "collection"}
    layer.get(f"{ITEMS}/{99:032x}", status=404)
    layer.get(f"{ITEMS}/x", status=404)


def test_only_reads_are_offered(layer: TestApp) -> None:
    """QGIS offers to edit a layer whose OPTIONS have more."""
    for path in (ITEMS, f"{ITEMS}/{1:032x}"):
        assert layer.options(path).headers["Allow"] == "GET, HEAD, OPTIONS"
        layer.post(path, status=405)


def test_answers_are_conditional(layer: TestApp) -> None:
    """An answer has the same tag until a room changes, although its time differs."""
    tag = layer.get(ITEMS).headers["ETag"]
    layer.get(ITEMS, headers={"If-None-Match": tag}, status=304)
    assert layer.get(f"{ITEMS}?limit=1").headers["ETag"] != tag
    layer.get(ITEMS, headers={"Accept": "text/csv"}, status=406)
