"""Maps of many rooms: a grid over the world, and the rooms in each of its cells.

Cells are squares in degrees, four to the width of a tile of a web map (256 pixels), and so about 64
pixels wide at the same zoom. Their edges do not depend on what a map shows.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

from rentomatic.domain.geography import HALF_TURN, QUARTER_TURN, Box
from rentomatic.domain.room import Room

WORLD = Box(-HALF_TURN, -QUARTER_TURN, HALF_TURN, QUARTER_TURN)
MAX_ZOOM = 20
MAX_CELLS = 4_096
# A store may estimate a map of more rooms from a sample, because counting them takes too long.
COUNTED_ROOMS = 100_000
# Places are averaged in whole millionths of a degree, about a tenth of a metre, so that a mean does
# not depend on the order in which rooms are added up.
UNITS = 1_000_000

_WIDEST = 90.0
# Unless a zoom is given, a box is at most this many cells wide and high.
_USUAL_CELLS = 16


@dataclass(frozen=True, slots=True)
class Cell:
    """The rooms in a cell.

    Attributes:
        box: its edges.
        count: the number of rooms, at least one.
        price: the lowest price.
        longitude: the mean longitude of the rooms.
        latitude: their mean latitude.
        room: the room, if it is the only one; never in an estimate.
    """

    box: Box
    count: int
    price: int
    longitude: float
    latitude: float
    room: Room | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a zoom, from 0 to MAX_ZOOM."""

    zoom: int

    @property
    def step(self) -> float:
        """The width and height of a cell in degrees."""
        return _WIDEST / (1 << self.zoom)

    @property
    def last_column(self) -> int:
        """The number of the easternmost column; the westernmost one is 0."""
        return 4 * (1 << self.zoom) - 1

    @property
    def last_row(self) -> int:
        """The number of the northernmost row; the southernmost one is 0."""
        return 2 * (1 << self.zoom) - 1

    def place_of(self, longitude: float, latitude: float) -> tuple[int, int]:
        """Return the row and column of a place; the last ones include their outer edge.

        Places are shifted so that no quotient underflows: PostgreSQL, which computes the same,
        raises an error for that.
        """
        row = floor((latitude + QUARTER_TURN) / self.step)
        column = floor((longitude + HALF_TURN) / self.step)
        return min(row, self.last_row), min(column, self.last_column)

    def box_of(self, row: int, column: int) -> Box:
        """Return the edges of a cell."""
        west, south = column * self.step - HALF_TURN, row * self.step - QUARTER_TURN
        return Box(west, south, west + self.step, south + self.step)

    def cells_over(self, box: Box) -> int:
        """Return how many cells a box may touch."""
        wide, high = ceil(box.width / self.step) + 1, ceil(box.height / self.step) + 1
        return wide * high


def usual_zoom(box: Box) -> int:
    """Return the largest zoom at which a box has few cells."""
    extent = max(box.width, box.height)
    fits = (zoom for zoom in range(MAX_ZOOM, 0, -1) if extent / Grid(zoom).step <= _USUAL_CELLS)
    return next(fits, 0)


def largest_zoom(box: Box) -> int:
    """Return the largest zoom at which a box has at most MAX_CELLS cells."""
    return next(zoom for zoom in range(MAX_ZOOM, -1, -1) if Grid(zoom).cells_over(box) <= MAX_CELLS)


def cells_of(rooms: Iterable[Room], grid: Grid) -> tuple[Cell, ...]:
    """Return the cells that have rooms, from north to south, and in a row from west to east."""
    found: dict[tuple[int, int], list[Room]] = defaultdict(list)
    for room in rooms:
        found[grid.place_of(*room.place)].append(room)
    ordered = sorted(found.items(), key=lambda each: (-each[0][0], each[0][1]))
    return tuple(_cell_of(grid.box_of(*place), some) for place, some in ordered)


def _cell_of(box: Box, rooms: list[Room]) -> Cell:
    return Cell(
        box,
        len(rooms),
        min(room.price for room in rooms),
        mean_degrees(sum(round(room.longitude * UNITS) for room in rooms), len(rooms)),
        mean_degrees(sum(round(room.latitude * UNITS) for room in rooms), len(rooms)),
        rooms[0] if len(rooms) == 1 else None,
    )


def mean_degrees(units: int, count: int) -> float:
    """Return a mean in degrees, to the millionth, from a sum of UNITS."""
    return round(units / count) / UNITS
