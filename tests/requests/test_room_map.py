"""The request for a map: its box and the size of its cells."""

import pytest

from rentomatic.domain.geography import Box
from rentomatic.domain.room_map import MAX_CELLS, WORLD, Grid, largest_zoom, usual_zoom
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_map import build_room_map_request, extent_of
from rentomatic.requests.room_selection import RoomSelection


def errors_of(**given: object) -> list[str]:
    """Return the errors of a request."""
    request = build_room_map_request(**given)  # type: ignore[arg-type]
    assert isinstance(request, InvalidRequest)
    return [str(each) for each in request.errors]


@pytest.mark.parametrize("box", [WORLD, Box(170, -10, -170, 10), Box(21, 52, 21.4, 52.3)])
def test_without_a_zoom_a_map_has_few_cells(box: Box) -> None:
    """At most 17 across and, unless the box is a point, more than 8 on its longer side."""
    grid = Grid(usual_zoom(box))
    assert grid.cells_over(box) <= 17 * 17
    assert max(box.width, box.height) / grid.step > 8


def test_a_point_has_the_smallest_cells() -> None:
    """The default zoom of a box without extent is the largest one."""
    request = build_room_map_request(bbox="21,52,21,52")
    assert request
    assert request.zoom == 20


def test_the_map_is_the_box_or_that_around_the_circle() -> None:
    """A place without a radius has no extent, so the map is the world."""
    for given, wide in (({"radius": 1000}, 0.03), ({}, 360)):
        request = build_room_map_request(near="21,52", **given)
        assert isinstance(request, RoomSelection)
        assert extent_of(request).width == pytest.approx(wide, rel=0.1)
    both = build_room_map_request(near="21,52", radius=1000, bbox="0,0,9,9")
    assert isinstance(both, RoomSelection)
    assert extent_of(both) == Box(0, 0, 9, 9)


@pytest.mark.parametrize("zoom", ["-1", "21", "1.5", "x", ""])
def test_a_zoom_is_an_integer_in_range(zoom: str) -> None:
    """The error says which."""
    assert errors_of(zoom=zoom) == [f"zoom: must be an integer from 0 to 20, not {zoom!r}"]


def test_a_map_has_a_limited_number_of_cells() -> None:
    """The error says which zoom the box allows; at that zoom the request is valid."""
    message = "zoom: must be at most 4 for a map of this box; beyond that it would have more than"
    assert errors_of(zoom=5) == [f"{message} {MAX_CELLS} cells; not 5"]
    assert build_room_map_request(zoom=4)
    assert build_room_map_request(bbox="21,52,22,53", zoom=largest_zoom(Box(21, 52, 22, 53)))


def test_all_errors_are_reported_at_once() -> None:
    """Those of the selection and that of the zoom."""
    parameters = [each.split(":")[0] for each in errors_of(bbox="1,2,3", q="!", zoom="x")]
    assert parameters == ["bbox", "q", "zoom"]
