"""Real GIS clients open the rooms as a layer: GDAL and, if installed, ogrinfo and QGIS."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import urlopen
from uuid import UUID

import numpy as np
import pyogrio
import pytest
from testbed.processes import free_port
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import MAX_PRICE, Room
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.resources import PACKAGE
from tests import ogctests, qgis
from tests.serving import served, with_demo_rooms

MANY = 100_000
PAGE = 1_000


class Layer:
    """The service, opened by GDAL."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log

    @property
    def source(self) -> str:
        """What GDAL opens."""
        return f"OAPIF:{self.url}/ogc"

    def read(self, **options: object) -> tuple[dict[str, Any], list[dict[str, list[str]]]]:
        """Read rooms; return their columns, and the parameters of the requests for them."""
        before = len(self._searches())
        meta, _, places, columns = pyogrio.raw.read(self.source, layer="rooms", **options)
        found = dict(zip(meta["fields"], columns, strict=True)) | {"geometry": places}
        return found, self._searches()[before:]

    def rooms(self, **query: str) -> list[dict[str, Any]]:
        """Search the same rooms in the service's own way."""
        pairs = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        with urlopen(f"{self.url}/rooms?limit=none&{pairs}") as answer:
            rooms: list[dict[str, Any]] = json.load(answer)
        return rooms

    def _searches(self) -> list[dict[str, list[str]]]:
        """Return the parameters of all searches, once the log has what was asked before."""
        last = f"mark={free_port()}"
        with urlopen(f"{self.url}/robots.txt?{last}"):
            pass
        until(lambda: last in self._log.read_text())
        lines = [each for each in self._log.read_text().splitlines() if each.startswith("{")]
        targets = [urlsplit(json.loads(each).get("target", "")) for each in lines]
        return [parse_qs(each.query) for each in targets if each.path.endswith("/items")]


def opened(database: PostgresDatabase, folder: Path) -> Iterator[Layer]:
    """Serve a database, with a log of the requests."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"RENTOMATIC_LOG": "json", "RENTOMATIC_PUBLIC_URL": url}
    with served(database, f"127.0.0.1:{port}", folder / "log", **settings):
        layer = Layer(url, folder / "log")
        until(lambda: urlopen(f"{layer.url}/health/ready"))
        yield layer


@pytest.fixture(scope="module")
def layer(embedded: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layer]:
    """The rooms of the demo."""
    database = with_demo_rooms(embedded.database_named("gis"))
    yield from opened(database, tmp_path_factory.mktemp("gis"))


@pytest.fixture
def large_layer(database: PostgresDatabase, tmp_path: Path) -> Iterator[Layer]:
    """MANY rooms, the last of which has the highest price."""
    with closing(Connections(database.url)) as connections:
        PostgresRepo(connections).save(
            Room(UUID(int=number), 20, MAX_PRICE if number == MANY else number, 9.5, 48.5)
            for number in range(1, MANY + 1)
        )
    yield from opened(database, tmp_path)


def test_fields_have_their_types(layer: Layer) -> None:
    """Also those that the first rooms lack; extent and number of the rooms are known at once."""
    info = pyogrio.read_info(layer.source, layer="rooms")
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert types == {
        **dict.fromkeys(("id", "code", "title", "description", "url", "image"), "OFTString"),
        **dict.fromkeys(("city", "reference"), "OFTString"),
        **dict.fromkeys(("size", "bedrooms"), "OFTInteger"),
        # GDAL reads integers of a schema as ones of 32 bits, and this may be larger.
        "price": "OFTReal",
        "available_from": "OFTDate",
    }
    rooms = layer.rooms()
    assert info["features"] == len(rooms)
    longitudes, latitudes = ([room[name] for room in rooms] for name in ("longitude", "latitude"))
    extent = (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    assert tuple(info["total_bounds"]) == extent


@pytest.mark.parametrize(
    "where",
    [
        "price < 60",
        "price >= 40 AND price < 60",
        "price < 30 OR bedrooms >= 2",
        "(price < 30 AND city = 'Paris') OR NOT (price < 150 OR bedrooms = 1)",
        "NOT (city = 'Paris')",
        "city <> 'Paris'",
        "city IS NULL",
        "city IS NOT NULL AND description IS NOT NULL",
        "title LIKE 'Quiet%'",
        "title ILIKE '%QUIET%'",
        "title > 'M' AND price = 47",
        "price BETWEEN 40 AND 42",
        " OR ".join(f"price = {number}" for number in range(20, 70)),
    ],
)
def test_filters_reach_the_database(layer: Layer, where: str) -> None:
    """GDAL finds what /rooms finds, and asks for these rooms only."""
    found, searches = layer.read(where=where)
    expected = [room["code"] for room in layer.rooms(filter=where)]
    assert list(found["code"]) == expected
    assert 0 < len(expected) < len(layer.rooms())
    filtered = [each for each in searches if "filter" in each]
    assert {each["filter-lang"][0] for each in filtered} == {"cql-text"}
    assert len(filtered) <= 2 * (len(expected) // PAGE + 1)


def test_dates_are_compared(layer: Layer) -> None:
    """In GDAL's spelling of them."""
    found, searches = layer.read(where="available_from >= '2027-01-07' AND price < 100")
    wanted = layer.rooms(filter="available_from >= DATE('2027-01-07') AND price < 100")
    assert list(found["code"]) == [room["code"] for room in wanted]
    days = [np.datetime64(room["available_from"]) for room in wanted]
    assert list(found["available_from"]) == days
    assert any("2027-01-07" in each["filter"][0] for each in searches if "filter" in each)


def test_a_list_is_compared(layer: Layer) -> None:
    """By GDAL itself, which does not pass on IN."""
    found, _ = layer.read(where="price IN (47, 48)")
    wanted = layer.rooms(filter="price IN (47, 48)")
    assert list(found["code"]) == [room["code"] for room in wanted]


def test_a_box_reaches_the_database(layer: Layer) -> None:
    """Together with a filter; geometries are the places of the rooms."""
    found, searches = layer.read(bbox=(2, 48, 3, 49), where="price < 60 OR bedrooms > 1")
    wanted = layer.rooms(bbox="2,48,3,49", filter="price < 60 OR bedrooms > 1")
    assert list(found["code"]) == [room["code"] for room in wanted]
    places = [(room["longitude"], room["latitude"]) for room in wanted]
    assert [
        tuple(np.frombuffer(each, dtype="<f8", offset=5)) for each in found["geometry"]
    ] == places
    assert all("bbox" in each for each in searches if "filter" in each)


def test_many_rooms_are_read_page_by_page(large_layer: Layer) -> None:
    """Each once, in pages of GDAL's size; the number of all rooms is on the first page."""
    found, searches = large_layer.read()
    assert list(found["code"]) == [str(UUID(int=number)) for number in range(1, MANY + 1)]
    assert found["price"][-1] == MAX_PRICE
    assert len([each for each in searches if "after" in each]) == MANY // PAGE - 1
    assert pyogrio.read_info(large_layer.source, layer="rooms")["features"] == MANY


@pytest.mark.skipif(not shutil.which("ogrinfo"), reason="ogrinfo is not installed")
def test_ogrinfo_reads_the_layer(layer: Layer) -> None:
    """The distribution's GDAL, which is older."""
    where = "price < 30 OR bedrooms >= 3"
    command = ["ogrinfo", "-q", "-where", where, layer.source, "rooms"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    codes = re.findall(r"^  code \(String\) = (\S+)$", printed, re.MULTILINE)
    assert codes == [room["code"] for room in layer.rooms(filter=where)]


@pytest.mark.skipif(not shutil.which("ogrinfo"), reason="ogrinfo is not installed")
def test_ogrinfo_reads_the_service_without_a_layer(layer: Layer) -> None:
    """All rooms as one GeoJSON document."""
    address = f"{layer.url}/rooms?format=geojson&limit=none"
    command = ["ogrinfo", "-so", "-al", address]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert f"Feature Count: {len(layer.rooms())}" in printed


@pytest.mark.skipif(not shutil.which("ogrinfo"), reason="ogrinfo is not installed")
def test_the_examples_of_the_manual_run(layer: Layer, tmp_path: Path) -> None:
    """As a reader would type them."""
    manual = (PACKAGE / "wsgi/ogc/README.md").read_text()
    examples = re.findall(r"^ *```(sh|python)\n(.*?)^ *```", manual, re.DOTALL | re.MULTILINE)
    assert [kind for kind, _ in examples] == ["sh", "python"]
    for kind, text in examples:
        program = {"sh": ["sh", "-eu", "-c"], "python": [sys.executable, "-c"]}[kind]
        typed = dedent(text).replace("https://rooms.example.com", layer.url)
        subprocess.run([*program, typed], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "rooms.gpkg").exists()


@pytest.mark.skipif(not qgis.version(), reason="QGIS is not installed")
def test_qgis_reads_the_layer(layer: Layer, tmp_path: Path) -> None:
    """Without a screen: the types of the fields, all rooms, those of a box, and of a filter."""
    script = Path(__file__).with_name("qgis_layer.py")
    where, box = '"price" < 30 OR "bedrooms" >= 3', "2,48,3,49"
    done = subprocess.run(
        [qgis.PYTHON, script, layer.url, where, box],
        env=qgis.ENVIRONMENT | {"HOME": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["is_valid"]
    assert found["fields"]["available_from"] == "Date"
    assert found["fields"]["price"] == "Integer"
    for name, query in {
        "all": {},
        "box": {"bbox": "2,48,3,49"},
        "filter": {"filter": where},
    }.items():
        assert found[name] == sorted(room["code"] for room in layer.rooms(**query)), name


# Checks that fail, each with its reason.
EXCEPTIONS = {
    "core": {
        "test_ast2": "insists on Part 2, other reference systems, which is not declared",
    },
    "filtering": {
        # It reads `href` of a Link header, which has no such parameter (RFC 8288, section 3).
        **dict.fromkeys(("test_ct2", "test_ct3"), "finds no link in any header"),
        **dict.fromkeys(
            ("test_ct5", "test_ct7", "test_ct8", "test_ct9", "test_ct10"),
            "needs what test_ct3 did not find",
        ),
    },
}


@pytest.mark.skipif(bool(ogctests.why_missing()), reason=ogctests.why_missing())
@pytest.mark.parametrize("part", EXCEPTIONS)
def test_checks_of_others_pass(layer: Layer, part: str) -> None:
    """All but those that do not concern what is declared, or cannot pass."""
    outcomes = ogctests.outcomes_of(f"{layer.url}/ogc", part)
    failed = {name for name, outcome in outcomes.items() if outcome != "PASSED"}
    assert failed == set(EXCEPTIONS[part])
    assert len(outcomes) - len(failed) == {"core": 28, "filtering": 3}[part]
