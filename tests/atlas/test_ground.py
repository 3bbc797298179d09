"""The ground of a map: tiles of land and borders, and views of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.atlas.ground import LAND_ZOOM, borders_in, extent_of, land_in
from rentomatic.atlas.lines import SortedLines
from rentomatic.atlas.view import HEIGHT, MAX_ZOOM, MIN_ZOOM, WIDTH, View, bbox_of
from rentomatic.domain.geography import Box
from rentomatic.requests.room_map import build_room_map_request
from rentomatic.requests.room_map import extent_of as box_of
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.resources import PACKAGE

LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-80, 80)


@pytest.mark.parametrize(
    ("place", "is_land"),
    [((13.4, 52.5), True), ((20.0, 0.0), True), ((-40.0, 30.0), False), ((135.0, -25.0), True)],
)
def test_each_zoom_knows_land_from_sea(place: tuple[float, float], *, is_land: bool) -> None:
    """Also deep inside a continent or an ocean, where a tile has no line of its own."""
    for zoom in range(5, LAND_ZOOM + 1):
        (tile,) = {
            each
            for each, left, top, width in View.at(*place, zoom).tiles(zoom)
            if left <= WIDTH / 2 < left + width and top <= HEIGHT / 2 < top + width
        }
        assert bool(land_in(tile)) == is_land, zoom


def test_paths_are_svg_within_their_tile() -> None:
    """Only numbers and a few commands; they reach over the edges a little."""
    numbers = re.compile(r"-?\d+")
    for name in ("land.txt", "borders.txt"):
        for line in (PACKAGE / "atlas" / name).read_text().splitlines()[::50]:
            tile, _, path = line.partition("\t")
            assert re.fullmatch(r"\*|(M\d[-\d ]*l[-\d ]+z?|M-[-\d ]*l[-\d ]+z?)+", path), tile
            assert all(abs(int(each)) < 1_100 for each in numbers.findall(path))


def test_borders_separate_countries() -> None:
    """An ocean has none."""
    assert borders_in((4, 8, 5))
    assert borders_in((4, 2, 9)) == ""
    assert extent_of(LAND_ZOOM) > extent_of(0)


@given(LONGITUDES, LATITUDES, st.floats(MIN_ZOOM, MAX_ZOOM))
def test_a_view_is_the_same_again_from_its_box(x: float, y: float, zoom: float) -> None:
    """So a link to what a map shows shows the same map."""
    view = View.at(x, y, zoom)
    again = View.around(view.box)
    assert again.zoom == pytest.approx(view.zoom, abs=0.01)
    assert again.y == pytest.approx(view.y, abs=1e-6)
    if view.box.width < 359:
        assert (again.x - view.x + 0.5) % 1 - 0.5 == pytest.approx(0, abs=1e-6)


@given(LONGITUDES, LATITUDES, st.floats(0, 30), st.floats(0, 30))
def test_a_view_shows_the_whole_box(x: float, y: float, wide: float, high: float) -> None:
    """Also across the antimeridian; its own box is one that a search takes."""
    east = x + wide if x + wide <= 180 else x + wide - 360
    box = Box(x, y, east, min(y + high, 84))
    view = View.around(box, 0.8)
    for longitude, latitude in ((box.west, box.south), (box.east, box.north)):
        left, top = view.point_of(longitude, latitude)
        assert -1 <= left <= WIDTH + 1
        assert -1 <= top <= HEIGHT + 1
    request = build_room_map_request(bbox=bbox_of(view.box))
    assert isinstance(request, RoomSelection), request
    assert box_of(request).contains(box.west, min(box.north, view.box.north))


def test_a_view_stays_on_the_world() -> None:
    """It cannot be moved beyond the poles, and moves on across the antimeridian."""
    view = View.at(179, 0, 6)
    assert view.box.crosses_antimeridian
    assert view.moved(1, 0).box.west == pytest.approx(-179.6, abs=0.1)
    north = view.zoomed(-9)
    assert north.zoom == MIN_ZOOM
    assert north.moved(0, -1).box.north <= 90
    assert view.zoomed(99).zoom == MAX_ZOOM


def test_lines_are_found_without_reading_the_file(tmp_path: pytest.TempPathFactory) -> None:
    """The first, the last, those with the same key, and none."""
    file = tmp_path / "lines.txt"
    file.write_text("a\t1\nb\t2\nb\t3\nba\t4\nz\t5\n")
    lines = SortedLines(file)
    found = {key: lines.values(key) for key in ("a", "b", "ba", "z", "", "aa", "zz")}
    assert found == {
        "a": ["1"],
        "b": ["2", "3"],
        "ba": ["4"],
        "z": ["5"],
        "": [],
        "aa": [],
        "zz": [],
    }
    assert [value for _, value in lines.beginning_with("b")] == ["2", "3", "4"]
