"""What a map shows: a window on the world in Web Mercator (EPSG:3857)."""

from dataclasses import dataclass
from math import asinh, atan, ceil, cos, degrees, floor, log2, pi, radians, sinh, tan

from rentomatic.atlas.ground import Tile
from rentomatic.domain.geography import EARTH_RADIUS, HALF_TURN, Box

WIDTH, HEIGHT = 640, 480
MAX_ZOOM = 19.0
# The width of the world, and of a tile, at zoom 0.
_TILE = 256
# Further out the world would be narrower than the window.
MIN_ZOOM = log2(WIDTH / _TILE)
# Where Web Mercator ends.
_LAST_LATITUDE = 85.0511
# How far a step moves a view, as a part of its width or height.
_STEP = 0.6
# More decimals would be finer than any map.
_DECIMALS = 5


@dataclass(frozen=True, slots=True)
class View:
    """A window of WIDTH by HEIGHT pixels.

    Attributes:
        x: the middle, as a part of the world's width from 180 degrees west; from 0 to 1.
        y: the middle, as a part of its height from the north; from 0 to 1.
        zoom: as in web maps: the world is 256 pixels wide at 0, and twice as wide at 1.
    """

    x: float
    y: float
    zoom: float

    @staticmethod
    def at(longitude: float, latitude: float, zoom: float) -> "View":
        """Return the view around a place."""
        return _within(*_projected(longitude, latitude), zoom)

    @staticmethod
    def around(box: Box, share: float = 1.0) -> "View":
        """Return the closest view in which a box takes at most this share of width and height."""
        west, north = _projected(box.west, box.north)
        south = _projected(box.west, box.south)[1]
        wide, high = box.width / (2 * HALF_TURN), south - north
        fits = min(share * WIDTH / max(wide, 1e-9), share * HEIGHT / max(high, 1e-9))
        return _within(west + wide / 2, (north + south) / 2, log2(fits / _TILE))

    @property
    def world(self) -> float:
        """The width of the world in pixels."""
        return float(_TILE * 2**self.zoom)

    @property
    def box(self) -> Box:
        """What is in sight."""
        across, down = WIDTH / 2 / self.world, HEIGHT / 2 / self.world
        north, south = _latitude(self.y - down), _latitude(self.y + down)
        if across >= 1 / 2:
            return Box(-HALF_TURN, south, HALF_TURN, north)
        return Box(_longitude(self.x - across), south, _longitude(self.x + across), north)

    @property
    def metres(self) -> float:
        """The width in metres of a pixel in the middle."""
        return 2 * pi * EARTH_RADIUS * cos(radians(_latitude(self.y))) / self.world

    def point_of(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return where a place is, in pixels from the upper left; it may be out of sight."""
        x, y = _projected(longitude, latitude)
        aside = (x - self.x + 0.5) % 1 - 0.5
        return WIDTH / 2 + aside * self.world, HEIGHT / 2 + (y - self.y) * self.world

    def zoomed(self, by: float) -> "View":
        """Return the view at another zoom."""
        return _within(self.x, self.y, self.zoom + by)

    def moved(self, right: int, down: int) -> "View":
        """Return the view moved by steps to the right and down."""
        step = _STEP / self.world
        return _within(self.x + right * step * WIDTH, self.y + down * step * HEIGHT, self.zoom)

    def tiles(self, zoom: int) -> list[tuple[Tile, float, float, float]]:
        """Return the tiles in sight, each with its left and upper edge and its width in pixels."""
        number = 2**zoom
        width = self.world / number
        left, top = WIDTH / 2 - self.x * self.world, HEIGHT / 2 - self.y * self.world
        columns = range(floor(-left / width), ceil((WIDTH - left) / width))
        rows = range(max(0, floor(-top / width)), min(number, ceil((HEIGHT - top) / width)))
        return [
            ((zoom, column % number, row), left + column * width, top + row * width, width)
            for row in rows
            for column in columns
        ]


def bbox_of(box: Box) -> str:
    """Write a box as the parameter `bbox`."""
    numbers = (round(each, _DECIMALS) + 0.0 for each in (box.west, box.south, box.east, box.north))
    return ",".join(f"{each:.{_DECIMALS}f}".rstrip("0").rstrip(".") for each in numbers)


def _projected(longitude: float, latitude: float) -> tuple[float, float]:
    cut = min(max(latitude, -_LAST_LATITUDE), _LAST_LATITUDE)
    return longitude / (2 * HALF_TURN) + 0.5, 0.5 - asinh(tan(radians(cut))) / (2 * pi)


def _longitude(x: float) -> float:
    return (x % 1 - 0.5) * 2 * HALF_TURN


def _latitude(y: float) -> float:
    return degrees(atan(sinh((0.5 - y) * 2 * pi)))


def _within(x: float, y: float, zoom: float) -> View:
    """Return the nearest view that shows nothing beyond the poles."""
    zoom = min(max(zoom, MIN_ZOOM), MAX_ZOOM)
    margin = min(HEIGHT / 2 / (_TILE * 2**zoom), 0.5)
    return View(x % 1, min(max(y, margin), 1 - margin), zoom)
