"""Cuts the land and the borders of countries into tiles of a web map (rentomatic/atlas/ground.py).

It reads Natural Earth's shapes as npm's `world-atlas` has them, in TopoJSON.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import dist, log, pi, radians, tan
from pathlib import Path
from typing import Any

from rentomatic.atlas.ground import BORDER_ZOOM, LAND_ZOOM, extent_of

Point = tuple[float, float]
Line = list[Point]
# Zoom, column and row, as web maps number them.
Tile = tuple[int, int, int]

# Shapes reach over the edges of a tile by this part of its width, so that there are no seams.
MARGIN = 1 / 128
# How far a simplified line may be from the real one, in units.
TOLERANCE = 1.0
# Smaller islands and lakes are left out, in squared units.
LEAST_AREA = 10.0
HALF_TURN = 180
# Where the Mercator projection is cut off.
LAST_LATITUDE = 85.0


def land(package: Path) -> Iterator[str]:
    """Yield the tiles with land: `z/x/y`, a tab, and a path, or `*` if all of it is land."""
    topology = _read(package / "land-10m.json")
    shapes = topology["objects"]["land"]["geometries"]
    rings = [_joined(topology["arcs"], ring) for shape in shapes for ring in _rings(shape)]
    unrolled = [_closed(_unrolled(ring)) for ring in rings]
    yield from _land_in((0, 0, 0), [each for ring in unrolled for each in _projected(ring)])


def borders(package: Path) -> Iterator[str]:
    """Yield the tiles with borders between countries: `z/x/y`, a tab, and a path."""
    topology = _read(package / "countries-50m.json")
    countries = topology["objects"]["countries"]["geometries"]
    used = Counter(
        arc
        for country in countries
        for arc in {max(arc, ~arc) for ring in _rings(country) for arc in ring}
    )
    shared = [_unrolled(topology["arcs"][arc]) for arc, times in used.items() if times > 1]
    yield from _borders_in((0, 0, 0), [each for line in shared for each in _projected(line)])


def _land_in(tile: Tile, rings: list[Line]) -> Iterator[str]:
    """Yield a tile and, unless all of it is land or sea, those that it consists of."""
    box = _box(tile)
    clipped = [each for ring in rings if (each := _clip_ring(ring, *box))]
    if not clipped:
        return
    name = "/".join(map(str, tile))
    if len(clipped) == 1 and _area(clipped[0]) > 0.999999 * (box[2] - box[0]) * (box[3] - box[1]):
        yield f"{name}\t*"
        return
    placed = [_placed(each, tile) for each in clipped]
    seen = [each for each in placed if _area(each) >= LEAST_AREA]
    if path := "".join(_path(_simplify_ring(each), end="z") for each in seen):
        yield f"{name}\t{path}"
    if tile[0] < LAND_ZOOM:
        for part in _parts(tile):
            yield from _land_in(part, clipped)


def _borders_in(tile: Tile, lines: list[Line]) -> Iterator[str]:
    clipped = [part for line in lines for part in _clip_line(line, *_box(tile))]
    placed = [_simplify(_placed(each, tile)) for each in clipped]
    if path := "".join(_path(each) for each in placed):
        yield f"{'/'.join(map(str, tile))}\t{path}"
    if clipped and tile[0] < BORDER_ZOOM:
        for part in _parts(tile):
            yield from _borders_in(part, clipped)


def _read(path: Path) -> dict[str, Any]:
    """Read a topology, with its arcs in degrees (TopoJSON 1.0, sections 2.1.2 and 2.1.4)."""
    topology: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    scale, start = topology["transform"]["scale"], topology["transform"]["translate"]
    topology["arcs"] = [
        [
            (x * scale[0] + start[0], y * scale[1] + start[1])
            for x, y in zip(_sums(arc, 0), _sums(arc, 1), strict=True)
        ]
        for arc in topology["arcs"]
    ]
    return topology


def _sums(arc: list[list[int]], axis: int) -> Iterator[int]:
    total = 0
    for step in arc:
        total += step[axis]
        yield total


def _rings(shape: dict[str, Any]) -> Iterator[list[int]]:
    """Yield the rings of a polygon or several, each as the numbers of its arcs."""
    for polygon in [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]:
        yield from polygon


def _joined(arcs: list[Line], ring: list[int]) -> Line:
    """Join the arcs of a ring; a negative number is an arc in reverse."""
    points: Line = []
    for number in ring:
        points += (arcs[number] if number >= 0 else arcs[~number][::-1])[bool(points) :]
    return points


def _unrolled(line: Line) -> Line:
    """Continue a line beyond 180 degrees where it crosses the antimeridian."""
    turns = 0
    points = line[:1]
    for (before, _), (x, y) in pairwise(line):
        turns += (x - before < -HALF_TURN) - (x - before > HALF_TURN)
        points.append((x + turns * 2 * HALF_TURN, y))
    return points


def _closed(ring: Line) -> Line:
    """Close a ring around the south pole, which is the only one that ends at another longitude."""
    (first, _), (last, _) = ring[0], ring[-1]
    return ring if abs(last - first) < HALF_TURN else [*ring, (last, -90), (first, -90)]


def _projected(line: Line) -> Iterator[Line]:
    """Project degrees to Web Mercator (EPSG:3857), with the world from 0 to 1, north at the top.

    A line that goes beyond the world is also yielded where it is in the world.
    """
    cut = [(x, max(-LAST_LATITUDE, min(LAST_LATITUDE, y))) for x, y in line]
    whole = [(x / 360 + 0.5, 0.5 - log(tan(pi / 4 + radians(y) / 2)) / (2 * pi)) for x, y in cut]
    least, most = min(x for x, _ in whole), max(x for x, _ in whole)
    for shift in (-1, 0, 1):
        if least + shift < 1 and most + shift > 0:
            yield [(x + shift, y) for x, y in whole]


def _box(tile: Tile) -> tuple[float, float, float, float]:
    zoom, x, y = tile
    width: float = 0.5**zoom
    return (
        (x - MARGIN) * width,
        (y - MARGIN) * width,
        (x + 1 + MARGIN) * width,
        (y + 1 + MARGIN) * width,
    )


def _parts(tile: Tile) -> Iterator[Tile]:
    zoom, x, y = tile
    return ((zoom + 1, 2 * x + right, 2 * y + down) for right in (0, 1) for down in (0, 1))


def _placed(line: Line, tile: Tile) -> Line:
    zoom, x, y = tile
    tiles, units = 2**zoom, extent_of(zoom)
    return [((each[0] * tiles - x) * units, (each[1] * tiles - y) * units) for each in line]


def _clip_ring(ring: Line, west: float, north: float, east: float, south: float) -> Line:
    """Clip a ring to a box (I. E. Sutherland and G. W. Hodgman, CACM 17 (1974), p. 32)."""
    for axis, bound, sign in ((0, west, 1), (0, east, -1), (1, north, 1), (1, south, -1)):
        clipped: Line = []
        for start, end in zip(ring, ring[1:] + ring[:1], strict=True):
            is_in, ends_in = (start[axis] - bound) * sign >= 0, (end[axis] - bound) * sign >= 0
            if is_in:
                clipped.append(start)
            if is_in != ends_in:
                clipped.append(_crossing(start, end, axis, bound))
        ring = clipped
    return ring


def _clip_line(line: Line, west: float, north: float, east: float, south: float) -> Iterator[Line]:
    """Yield the parts of a line in a box, each with the points just outside."""
    part: Line = []
    for start, end in pairwise(line):
        is_near = (
            max(start[0], end[0]) >= west
            and min(start[0], end[0]) <= east
            and max(start[1], end[1]) >= north
            and min(start[1], end[1]) <= south
        )
        if is_near:
            part = part or [start]
            part.append(end)
        elif part:
            yield part
            part = []
    if part:
        yield part


def _crossing(start: Point, end: Point, axis: int, bound: float) -> Point:
    share = (bound - start[axis]) / (end[axis] - start[axis])
    other = start[1 - axis] + share * (end[1 - axis] - start[1 - axis])
    return (bound, other) if axis == 0 else (other, bound)


def _area(ring: Line) -> float:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def _simplify_ring(ring: Line) -> Line:
    """Simplify a ring in two halves, so that each has two ends that stay."""
    first = ring[0]
    far = max(range(len(ring)), key=lambda n: dist(ring[n], first))
    return _simplify(ring[: far + 1])[:-1] + _simplify([*ring[far:], first])[:-1]


def _simplify(line: Line) -> Line:
    """Leave out points that hardly matter (D. H. Douglas and T. K. Peucker, 1973)."""
    kept = {0, len(line) - 1}
    waiting = [(0, len(line) - 1)]
    while waiting:
        start, end = waiting.pop()
        worst, at = max(
            ((_away(line[n], line[start], line[end]), n) for n in range(start + 1, end)),
            default=(0.0, 0),
        )
        if worst > TOLERANCE:
            kept.add(at)
            waiting += [(start, at), (at, end)]
    return [line[n] for n in sorted(kept)]


def _away(point: Point, start: Point, end: Point) -> float:
    """Return the distance of a point from the line between two others."""
    (x, y), (x1, y1), (x2, y2) = point, start, end
    length = dist(start, end)
    if not length:
        return dist(point, start)
    return abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length


def _path(line: Line, end: str = "") -> str:
    """Write a line as an SVG path with relative coordinates."""
    points = [(round(x), round(y)) for x, y in line]
    steps = [
        (x - before_x, y - before_y)
        for (before_x, before_y), (x, y) in pairwise(points)
        if (x, y) != (before_x, before_y)
    ]
    if len(steps) < (2 if end else 1):
        return ""
    return f"M{_pairs(points[:1])}l{_pairs(steps)}{end}"


def _pairs(numbers: Iterable[tuple[int, int]]) -> str:
    """Write numbers with a space only where no minus separates them."""
    text = " ".join(f"{x} {y}" for x, y in numbers)
    return text.replace(" -", "-")
