"""The map on the pages: without JavaScript, its rooms, clusters and controls are links."""

import re
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup, Tag
from webtest import TestApp

from rentomatic.demo import demo_rooms
from rentomatic.domain.room import Room
from rentomatic.domain.tiles import parse_tiles
from rentomatic.repository.errors import RepositoryBusyError
from rentomatic.repository.memrepo import MemRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores

BROWSER = {"Accept": "text/html"}


def app_of(repository: MemRepo) -> TestApp:
    """Return the service over a repository."""
    return TestApp(Application(Stores(repository)), extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


@pytest.fixture(scope="module")
def demo() -> TestApp:
    """The service over the demo rooms."""
    return app_of(MemRepo(demo_rooms()))


def page(app: TestApp, path: str) -> BeautifulSoup:
    """Return a page."""
    return app.get(path, headers=BROWSER).html


def clusters(html: BeautifulSoup) -> list[Tag]:
    """Return the clusters of a map, the largest first."""
    return html.select(".map-picture a.cluster")[::-1]


def count_of(cluster: Tag) -> int:
    """Return the number on a cluster."""
    return int(cluster.select_one("text").text.replace(",", ""))


@pytest.mark.parametrize(
    "path", ["/rooms", "/rooms?filter_city__eq=Berlin", "/rooms?q=loft&lang=ja"]
)
def test_all_rooms_of_a_search_are_on_its_map(demo: TestApp, path: str) -> None:
    """In clusters and as pins; the world, or that part of it where rooms are."""
    html = page(demo, path)
    pins = html.select(".map-picture a.pin")
    total = demo.get(path.replace("/rooms", "/rooms/map").replace("&lang=ja", "")).json["count"]
    assert sum(map(count_of, clusters(html))) + len(pins) == total


def test_a_cluster_opens_until_its_rooms_are_pins(demo: TestApp) -> None:
    """Each link narrows the search to what the map shows; a pin is a link to its room."""
    address = "/rooms?filter_city__eq=Berlin&limit=5"
    seen = []
    for _ in range(15):
        html = page(demo, address)
        found = clusters(html)
        if not found:
            break
        seen.append(count_of(found[0]))
        address = urljoin(address, found[0]["href"])
        assert "filter_city__eq=Berlin&limit=5&bbox=" in address
    assert seen == sorted(seen, reverse=True)
    pin = html.select_one(".map-picture a.pin")
    assert re.fullmatch(r"/rooms/[0-9a-f-]{36}", pin["href"])
    assert demo.get(pin["href"], headers=BROWSER).status_int == 200
    assert "€" in pin["aria-label"]


def test_markers_have_names_and_are_listed(demo: TestApp) -> None:
    """How many rooms, near which place, from which price; the list has the same links."""
    html = page(demo, "/rooms?filter_city__eq=Tokyo")
    marks = html.select(".map-picture a")
    labels = [each["aria-label"] for each in marks]
    assert all(re.search(r"\d", each) and "€" in each for each in labels)
    assert any("near " in each for each in labels)
    listed = [(each["href"], each.text) for each in html.select(".map-list a")]
    assert sorted(listed) == sorted((each["href"], each["aria-label"]) for each in marks)


def test_a_map_is_moved_and_zoomed_by_links(demo: TestApp) -> None:
    """There and back again it shows the same; at the edges a link is left out."""
    html = page(demo, "/rooms?bbox=10,50,16,54.5")
    links = {each["aria-label"]: each["href"] for each in html.select(".map-links a")}
    assert list(links) == [
        *("Zoom in", "Zoom out", "Move west", "Move north", "Move south", "Move east"),
    ]
    west = page(demo, urljoin("/rooms", links["Move west"]))
    back = next(
        each["href"] for each in west.select(".map-links a") if "east" in each["aria-label"]
    )
    picture = page(demo, urljoin("/rooms", back)).select_one(".map-picture")
    for name in ("data-x", "data-y", "data-zoom"):
        assert float(picture[name]) == pytest.approx(
            float(html.select_one(".map-picture")[name]), abs=1e-3
        )
    world = page(demo, "/rooms?bbox=-180,-60,180,60")
    assert "Zoom out" not in [each["aria-label"] for each in world.select(".map-links a")]


def test_moving_a_map_replaces_the_place_of_the_search(demo: TestApp) -> None:
    """And what depends on it: the distance as the order, and the page."""
    html = page(demo, "/rooms?near=13.4,52.5&radius=9000&sort=distance&filter_price__lt=60")
    href = html.select_one(".map-links a")["href"]
    assert re.fullmatch(r"\?filter_price__lt=60&bbox=[-0-9.,]+#map", href)


def test_the_ground_has_names_a_scale_and_its_sources(demo: TestApp) -> None:
    """In the language of the page; GeoNames' licence wants to be named."""
    for lang, berlin in (("en", "Berlin"), ("ja", "ベルリン")):
        html = page(demo, f"/rooms?bbox=9,50,17,55&lang={lang}")
        names = [each.text for each in html.select(".map-picture .name text")]
        assert names
        assert berlin in names or berlin in html.select_one(".map-picture a")["aria-label"]
        assert html.select_one(".map-picture .land path")["d"].startswith("M")
        assert html.select_one(".map-picture .scale text").text.endswith("km")
        hrefs = [each["href"] for each in html.select(".map-note a")]
        assert "https://www.geonames.org/" in hrefs
        assert "https://creativecommons.org/licenses/by/4.0/" in hrefs


def test_a_room_is_on_the_map_of_its_page(demo: TestApp) -> None:
    """Marked; the rooms near it lead to theirs, or to the search there."""
    html = page(demo, "/rooms/00000000-0000-8000-8000-000000000001")
    assert html.select_one(".map-picture .here")
    hrefs = [each["href"] for each in html.select(".map-picture a.cluster")]
    assert hrefs
    assert all(each.startswith("/rooms?bbox=") for each in hrefs)


def test_the_rooms_of_the_list_are_on_the_map(demo: TestApp) -> None:
    """Each under its code, so that it can be shown while a visitor points at it."""
    html = page(demo, "/rooms?filter_city__eq=Rome")
    listed = {each["data-room"] for each in html.select(".rooms [data-room]")}
    assert len(listed) == 20
    assert listed <= {each["data-room"] for each in html.select(".map-picture [data-room]")}


def test_a_map_across_the_antimeridian(make_room: Callable[..., Room]) -> None:
    """Rooms on both sides of it are near each other, and both are on one small map."""
    rooms = [
        make_room(1, longitude=179.9, latitude=-17),
        make_room(2, longitude=-179.9, latitude=-17),
    ]
    html = page(app_of(MemRepo(rooms)), "/rooms")
    assert float(html.select_one(".map-picture")["data-zoom"]) > 8
    assert len(html.select(".map-picture a.pin")) == 2


def test_a_search_without_rooms_has_a_map() -> None:
    """Of the world."""
    html = page(app_of(MemRepo()), "/rooms")
    assert html.select_one(".map-picture .land path")
    assert not html.select(".map-picture a")


def test_a_page_does_without_a_map_that_cannot_be_made(rooms: list[Room]) -> None:
    """If the store is too busy for it."""

    class Busy(MemRepo):
        def map_rooms(self, request: object) -> None:
            raise RepositoryBusyError

    html = page(app_of(Busy(rooms)), "/rooms")
    assert "The map cannot be shown at the moment" in html.text
    assert len(html.select(".rooms li")) == 4


def test_a_map_takes_few_bytes(demo: TestApp) -> None:
    """Also where the coast is long: pages are loaded on phones."""
    for path in ("/rooms", "/rooms?bbox=4,57,16,66", "/rooms?bbox=-75,-56,-65,-45"):
        picture = str(page(demo, path).select_one(".map"))
        assert len(picture.encode()) < 34_000, path


def test_a_server_of_tiles_is_only_used_if_one_is_set(rooms: list[Room]) -> None:
    """Its host is all that the policy allows besides; without it there is no trace of Leaflet."""
    tiles = parse_tiles("http://127.0.0.1:8088/{z}/{x}/{y}.png <Maps>")
    application = Application(Stores(MemRepo(rooms)), tiles=tiles)
    plain = app_of(MemRepo(rooms)).get("/rooms", headers=BROWSER)
    shown = TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"}).get(
        "/rooms", headers=BROWSER
    )
    assert "leaflet" not in plain.text
    assert len(shown.html.select("script[src*=leaflet], link[href*=leaflet]")) == 2
    assert shown.html.select_one(".map-frame")["data-attribution"] == "<Maps>"
    name = "Content-Security-Policy"
    assert shown.headers[name].replace(" http://127.0.0.1:8088", "") == plain.headers[name]
    assert shown.headers["ETag"] != plain.headers["ETag"]
