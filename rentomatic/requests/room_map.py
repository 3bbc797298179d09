"""The request for a map of a search: its rooms, counted in the cells of a grid."""

from dataclasses import dataclass

from rentomatic.domain.geography import Box, box_around
from rentomatic.domain.room_map import (
    MAX_CELLS,
    MAX_ZOOM,
    WORLD,
    Grid,
    largest_zoom,
    usual_zoom,
)
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.parsers import ListText, parse_integer, shown
from rentomatic.requests.room_conditions import Condition
from rentomatic.requests.room_selection import RoomSelection, SelectionReader


@dataclass(frozen=True, slots=True)
class RoomMapRequest(RoomSelection):
    """A map of the selected rooms; `zoom` chooses its grid."""

    zoom: int = 0

    @property
    def grid(self) -> Grid:
        """The grid in whose cells the rooms are counted."""
        return Grid(self.zoom)


def build_room_map_request(  # noqa: PLR0913 - each is a parameter of the contract
    filters: object = None,
    *,
    bbox: ListText | None = None,
    near: ListText | None = None,
    q: str | None = None,
    filter: str | Condition | None = None,  # noqa: A002 - as the parameter is called
    radius: str | float | None = None,
    radius_min: str | float | None = None,
    zoom: str | int | None = None,
) -> RoomMapRequest | InvalidRequest:
    """Read which rooms to map; the others are the parameters of `build_room_list_request`."""
    reader = _Reader()
    selection = reader.selection(filters, bbox, near, radius, radius_min, q, filter)
    box = extent_of(selection)
    # A box that is wrong has no cells.
    chosen = usual_zoom(box) if zoom is None else reader.zoom(str(zoom), box)
    if reader.errors:
        return InvalidRequest(tuple(reader.errors))
    return RoomMapRequest(*selection.conditions, chosen)


def extent_of(selection: RoomSelection) -> Box:
    """Return the box in which all selected rooms are: the given one, or that around the circle."""
    if selection.bbox:
        return selection.bbox
    near = selection.near
    if near and near.radius is not None:
        return box_around(near.longitude, near.latitude, near.radius)
    return WORLD


class _Reader(SelectionReader):
    def zoom(self, text: str, box: Box) -> int:
        try:
            zoom = parse_integer(text)
        except ValueError:
            zoom = -1
        if not 0 <= zoom <= MAX_ZOOM:
            self.fail("zoom", f"must be an integer from 0 to {MAX_ZOOM}, not {shown(text)}")
        elif not self.errors and zoom > (most := largest_zoom(box)):
            why = f"of this box; beyond that it would have more than {MAX_CELLS} cells"
            self.fail("zoom", f"must be at most {most} for a map {why}; not {zoom}")
        return zoom
