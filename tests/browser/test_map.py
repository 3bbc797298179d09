"""The map under a mouse: dragged, and drawn over the tiles of another server."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator
from testbed.processes import free_port

from tests.browser.elsewhere import elsewhere
from tests.browser.service import Service
from tests.browser.window import Window, opened
from tests.serving import served

TILE = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h256v256"/></svg>'
# A text that is also what a script replaces by the box.
SEARCH = "/rooms?filter_city__ne=bbox%3DBBOX&bbox=20.9,52.1,21.2,52.3"
HALF_WAY = 150


@pytest.fixture
def tiled(browser: Browser, service: Service, tmp_path: Path) -> Iterator[Window]:
    """A window on a service whose maps have tiles."""
    with elsewhere({"/tile": (TILE, {"Content-Type": "image/svg+xml"})}) as other:
        address, tiles = f"127.0.0.1:{free_port()}", f"http://{other}"
        template = tiles + "/tile?{z}-{x}-{y} © <b>Example</b> Maps"
        with (
            served(service.database, address, tmp_path / "log", RENTOMATIC_TILES=template),
            opened(browser, f"http://{address}", tiles=tiles) as window,
        ):
            yield window


def drag(window: Window, shown: Locator) -> None:
    """Drag a map to the left and up."""
    shown.scroll_into_view_if_needed()
    box = shown.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    window.page.mouse.move(x, y)
    window.page.mouse.down()
    window.page.mouse.move(x - HALF_WAY, y - HALF_WAY / 2, steps=10)
    # A map that is let go while it moves glides on.
    window.page.wait_for_timeout(300)
    window.page.mouse.up()


def search_here(window: Window) -> dict[str, str]:
    """Search in what the map shows; return the parameters of that search."""
    link = window.page.locator(".search-here")
    link.wait_for(state="visible")
    link.click()
    window.page.wait_for_url("**bbox=*")
    return {name: value for name, (value,) in parse_qs(urlsplit(window.page.url).query).items()}


def assert_is_south_east(bbox: str) -> None:
    """Fail unless a box is the one of the search, moved by less than its size."""
    west, south, east, north = [float(each) for each in bbox.split(",")]
    assert 20.9 < west < 21.2 < east
    assert south < 52.1 < north < 52.3


def test_a_dragged_map_searches_in_what_it_shows(desktop: Window) -> None:
    """The rest of the search stays, also a text that looks like the placeholder of the box."""
    desktop.open(SEARCH)
    drag(desktop, desktop.page.locator("svg.map-picture"))
    found = search_here(desktop)
    assert found["filter_city__ne"] == "bbox=BBOX"
    assert_is_south_east(found["bbox"])


def test_tiles_of_another_server_are_shown(tiled: Window) -> None:
    """With its name as text, and the same markers; a dragged map searches in what it shows."""
    tiled.open(SEARCH)
    page = tiled.page
    page.locator(".leaflet-tile-loaded").first.wait_for()
    assert "© <b>Example</b> Maps" in page.locator(".leaflet-control-attribution").inner_text()
    marks = "a.cluster, a.pin"
    assert (
        page.locator(".map-tiles").locator(marks).count()
        == page.locator("svg.map-picture").locator(marks).count()
    )
    drag(tiled, page.locator(".map-tiles"))
    found = search_here(tiled)
    assert found["filter_city__ne"] == "bbox=BBOX"
    assert_is_south_east(found["bbox"])
