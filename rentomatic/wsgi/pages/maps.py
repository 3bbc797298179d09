"""The map of a search or of a room, as values for map.html: ground, names, rooms and links.

Everything is placed on View's WIDTH by HEIGHT pixels. Markers and names are placed in percent, so
that they keep their size where the map is smaller.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import dist

from rentomatic.atlas.ground import BORDER_ZOOM, LAND_ZOOM, Tile, borders_in, extent_of, land_in
from rentomatic.atlas.places import LABEL_ZOOMS, Place, places_in
from rentomatic.atlas.view import HEIGHT, MAX_ZOOM, WIDTH, View, bbox_of
from rentomatic.domain.geography import Box
from rentomatic.domain.room import Room
from rentomatic.domain.room_map import Cell
from rentomatic.domain.tiles import Tiles
from rentomatic.wsgi.pages.spelling import Speller

# Markers closer together than this, in pixels, are drawn as one.
_APART = 68
_MOST_MARKERS = 60
_MOST_NAMES = 16
# The most characters of land; where coasts need more, a coarser one is drawn.
_MOST_LAND = 14_000
# The width of letters and the height of a line in pixels. A phone shows a map at half its size.
_LETTER, _WIDE_LETTER, _LINE = 7.0, 13.0, 16
_LAST_NARROW = "\u2e7f"
_ON_A_PHONE = 1.9
# The space of a marker: on each side, above, and below, where its price is.
_ASIDE, _ABOVE, _BELOW = 30, 24, 46
_CITY = 1_000_000
_KILOMETRE = 1_000
_LONGEST_SCALE = 110
# How far a map zooms in at most when a cluster is opened.
_INWARDS = 2.0
_FEW, _MANY = 10, 1_000


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of the map, in pixels from the upper left."""

    x: float
    y: float

    @property
    def left(self) -> str:
        """Its place from the left, in percent."""
        return f"{self.x / WIDTH:.1%}"

    @property
    def top(self) -> str:
        """Its place from the top, in percent."""
        return f"{self.y / HEIGHT:.1%}"

    @property
    def is_seen(self) -> bool:
        """Whether it is on the map."""
        return 0 <= self.x <= WIDTH and 0 <= self.y <= HEIGHT


@dataclass(frozen=True, slots=True)
class Marker:
    """Rooms on a map: one of them, or a cluster of several.

    Attributes:
        cell: the rooms, of one cell or of several neighbours.
        near: the name of the nearest place, if one is in sight.
        href: the address of the room, or of the map of the cluster.
    """

    spot: Spot
    cell: Cell
    near: str
    href: str

    @property
    def size(self) -> str:
        """How large it is drawn."""
        count = self.cell.count
        return "small" if count < _FEW else "medium" if count < _MANY else "large"


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a place; a minor one is left out on small screens."""

    text: str
    spot: Spot
    is_city: bool
    is_minor: bool


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of the links of a map: a room, and the search in a box, as in `bbox`."""

    room: Callable[[Room], str]
    search: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a map shows, in no language.

    Attributes:
        cells: the rooms that were found.
        is_exact: whether all of them were counted.
        addresses: what the links of the map link to.
        room: the room whose map it is; None if it is that of a search.
        tiles: the server of tiles that a map shows if JavaScript runs; None for none.
    """

    view: View
    cells: Sequence[Cell]
    is_exact: bool
    addresses: Addresses
    room: Room | None = None
    tiles: Tiles | None = None


class Map:
    """A map in a language.

    Args:
        scene: what it shows.
        rooms: those that the page lists; they are shown even if they are in a cluster.
        language: of its names.
        spell: writes numbers in that language.
    """

    def __init__(self, scene: Scene, rooms: Sequence[Room], language: str, spell: Speller) -> None:
        self.view = scene.view
        self.is_exact = scene.is_exact
        self.room = scene.room
        self.tiles = scene.tiles
        self._cells = scene.cells
        self._addresses = scene.addresses
        self._rooms = rooms
        self._language = language
        self._spell = spell

    @cached_property
    def markers(self) -> list[Marker]:
        """The rooms, with neighbouring cells joined, the most rooms first."""
        return [self._marker(cell, spot) for cell, spot in self._merged()]

    @property
    def spots(self) -> Iterator[tuple[Room, Spot]]:
        """The rooms of the page that have no marker of their own, and where they are."""
        alone = {marker.cell.room.code for marker in self.markers if marker.cell.room}
        for room in self._rooms:
            spot = Spot(*self.view.point_of(*room.place))
            if room.code not in alone and spot.is_seen:
                yield room, spot

    @property
    def land(self) -> list[tuple[str, str]]:
        """The transformation and the path of each tile of land."""
        zoom = min(LAND_ZOOM, int(self.view.zoom))
        found = self._tiles(zoom, land_in)
        while zoom > 0 and sum(len(path) for _, path in found) > _MOST_LAND:
            zoom -= 1
            found = self._tiles(zoom, land_in)
        return found

    @property
    def borders(self) -> list[tuple[str, str]]:
        """The transformation and the path of the borders in each tile."""
        return self._tiles(min(BORDER_ZOOM, int(self.view.zoom)), borders_in)

    @property
    def names(self) -> list[Name]:
        """The names of the largest places that do not cover each other or a marker."""
        names: list[Name] = []
        taken = [_around(marker.spot) for marker in self.markers]
        # First those for which a phone has space, too.
        for larger in (_ON_A_PHONE, 1.0):
            for place, spot in self._places:
                text = place.name_in(self._language)
                area = _area(text, spot, larger)
                if len(names) < _MOST_NAMES and _is_free(area, taken):
                    is_city = place.population >= _CITY
                    names.append(Name(text, spot, is_city, is_minor=larger == 1.0))
                    taken.append(area)
        return names

    @property
    def scale(self) -> tuple[str, str]:
        """The width of a round distance in percent, and the distance."""
        longest = _LONGEST_SCALE * self.view.metres
        lengths = (digit * 10**power for power in range(7, -1, -1) for digit in (5, 2, 1))
        metres = next(each for each in lengths if each <= longest)
        return f"{metres / self.view.metres / WIDTH:.1%}", self._spell.scale(metres)

    @cached_property
    def links(self) -> dict[str, str]:
        """The addresses of the same map moved or zoomed, unless that would change nothing."""
        view = self.view
        others = {
            "zoom_in": view.zoomed(1),
            "zoom_out": view.zoomed(-1),
            "west": view.moved(-1, 0),
            "north": view.moved(0, -1),
            "south": view.moved(0, 1),
            "east": view.moved(1, 0),
        }
        return {name: self._address(each) for name, each in others.items() if each != view}

    @property
    def bbox(self) -> str:
        """What is in sight, as the parameter `bbox`."""
        return bbox_of(self.view.box)

    @property
    def template(self) -> str:
        """The address of a search in a box, with `bbox=BBOX` for the box."""
        return self._addresses.search("BBOX")

    def _merged(self) -> list[tuple[Cell, Spot]]:
        """Join the cells whose markers would cover each other to those with more rooms."""
        joined: list[tuple[Cell, Spot]] = []
        for cell in sorted(self._cells, key=lambda each: -each.count):
            spot = Spot(*self.view.point_of(cell.longitude, cell.latitude))
            if not spot.is_seen:
                continue
            number = next((n for n, (_, one) in enumerate(joined) if _is_near(one, spot)), None)
            if number is None:
                joined.append((cell, spot))
            else:
                joined[number] = (_together(joined[number][0], cell), joined[number][1])
        return joined[:_MOST_MARKERS]

    def _marker(self, cell: Cell, spot: Spot) -> Marker:
        place = min(
            (place for place, _ in self._places),
            key=lambda each: dist(
                self.view.point_of(each.longitude, each.latitude), (spot.x, spot.y)
            ),
            default=None,
        )
        near = place.name_in(self._language) if place else ""
        href = self._addresses.room(cell.room) if cell.room else self._opened(cell)
        return Marker(spot, cell, near, href)

    def _opened(self, cell: Cell) -> str:
        """Return the address of the map that shows a cluster larger."""
        inner = View.around(cell.box, 0.8)
        zoom = max(min(inner.zoom, self.view.zoom + _INWARDS), self.view.zoom + 1)
        if self.view.zoom > MAX_ZOOM - 1:
            return self._addresses.search(bbox_of(cell.box))
        return self._address(View.at(cell.longitude, cell.latitude, zoom))

    def _address(self, view: View) -> str:
        return self._addresses.search(bbox_of(view.box))

    @cached_property
    def _places(self) -> list[tuple[Place, Spot]]:
        """The largest places in sight, the largest first."""
        zoom = max(each for each in LABEL_ZOOMS if each <= max(self.view.zoom, LABEL_ZOOMS[0]))
        found = (place for tile, *_ in self.view.tiles(zoom) for place in places_in(tile))
        placed = (
            (each, Spot(*self.view.point_of(each.longitude, each.latitude))) for each in found
        )
        seen = [(place, spot) for place, spot in placed if spot.is_seen]
        return sorted(seen, key=lambda each: -each[0].population)

    def _tiles(self, zoom: int, path_of: Callable[[Tile], str]) -> list[tuple[str, str]]:
        return [
            (f"translate({left:.1f} {top:.1f})scale({width / extent_of(zoom):.4f})", path)
            for tile, left, top, width in self.view.tiles(zoom)
            if (path := path_of(tile))
        ]


_Area = tuple[float, float, float, float]


def _is_near(one: Spot, other: Spot) -> bool:
    return dist((one.x, one.y), (other.x, other.y)) < _APART


def _together(one: Cell, other: Cell) -> Cell:
    """Join two cells; the mean place stays that of the one with more rooms."""
    box = Box(
        min(one.box.west, other.box.west),
        min(one.box.south, other.box.south),
        max(one.box.east, other.box.east),
        max(one.box.north, other.box.north),
    )
    count, price = one.count + other.count, min(one.price, other.price)
    return replace(one, box=box, count=count, price=price, room=None)


def _around(spot: Spot) -> _Area:
    return (spot.x - _ASIDE, spot.y - _ABOVE, spot.x + _ASIDE, spot.y + _BELOW)


def _area(text: str, spot: Spot, larger: float) -> _Area:
    """Return the area of a name, which begins beside its place."""
    wide = sum(_LETTER if letter <= _LAST_NARROW else _WIDE_LETTER for letter in text) + 10
    high = _LINE * larger / 2
    return (spot.x - 4 * larger, spot.y - high, spot.x + wide * larger, spot.y + high)


def _is_free(area: _Area, taken: Iterable[_Area]) -> bool:
    """Return whether an area is on the map and covers no other."""
    west, north, east, south = area
    return (
        min(west, north) >= 0
        and east <= WIDTH
        and south <= HEIGHT
        and all(east < w or e < west or south < n or s < north for w, n, e, s in taken)
    )
