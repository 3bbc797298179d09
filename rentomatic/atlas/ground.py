"""The ground of a map: land and borders of countries, cut into the tiles of a web map.

`land.txt` and `borders.txt` have a line for each tile, its zoom, column and row, and then a path of
SVG. A tile that is all land has `*`; those within it, and those that are all sea, have no line.
"""

from functools import lru_cache

from rentomatic.atlas.lines import SortedLines
from rentomatic.resources import PACKAGE

# Zoom, column and row; row 0 is in the north.
Tile = tuple[int, int, int]

LAND_ZOOM = 7
BORDER_ZOOM = 6
_FOLDER = PACKAGE / "atlas"
_land = SortedLines(_FOLDER / "land.txt")
_borders = SortedLines(_FOLDER / "borders.txt")
_ALL = "*"


def extent_of(zoom: int) -> int:
    """Return the width and height of a tile in the units of its path.

    The deepest tiles are finer, because they are shown enlarged.
    """
    return 1024 if zoom == LAND_ZOOM else 256


@lru_cache(maxsize=1024)
def land_in(tile: Tile) -> str:
    """Return the path of the land in a tile; empty if there is none."""
    path = _path(_land, tile)
    if path and path != _ALL:
        return path
    extent = extent_of(tile[0])
    is_land = path == _ALL or any(_path(_land, each) == _ALL for each in _around(tile))
    return f"M0 0h{extent}v{extent}H0z" if is_land else ""


@lru_cache(maxsize=1024)
def borders_in(tile: Tile) -> str:
    """Return the path of the borders between countries in a tile; empty if there are none."""
    return _path(_borders, tile)


def _path(lines: SortedLines, tile: Tile) -> str:
    return "".join(lines.values("/".join(map(str, tile))))


def _around(tile: Tile) -> list[Tile]:
    """Return the larger tiles that contain a tile."""
    zoom, x, y = tile
    return [(zoom - up, x >> up, y >> up) for up in range(1, zoom + 1)]
