"""The maps on pages: which part of the world they show, and the rooms in it."""

from collections.abc import Callable

from rentomatic.atlas.view import View
from rentomatic.domain.geography import Box, box_of
from rentomatic.domain.room import Room
from rentomatic.domain.room_map import WORLD, Cell, largest_zoom, usual_zoom
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import Mapped
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_map import RoomMapRequest, extent_of
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.use_cases.room_map import room_map_use_case
from rentomatic.wsgi.pages.maps import Addresses, Scene
from rentomatic.wsgi.pages.rendering import Linker, same_page
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.service import Service

# The parameters that say where to search, and those that depend on them.
WHERE = ("place", "bbox", "near", "radius", "radius_min", "after")
# How close a map of one room shows it, as the zoom of a web map: with the towns around it.
_CLOSE = 10.0
# How much of a map its rooms take.
_SHARE = 0.75
# The rooms of a search without a place are found in steps, from the world to a town.
_STEPS = 6
_SEVERAL = 5


def map_of_search(
    service: Service, request: Request, selection: RoomSelection
) -> tuple[Scene | None, str | None]:
    """Return the map of a search, or None if there can be none now, and its data version."""
    found = _seen(service.stores.repository, selection)
    if found is None:
        return None, None
    view, mapped = found
    addresses = Addresses(_room_address(request), lambda bbox: _search_address(request, bbox))
    scene = Scene(view, mapped.cells, mapped.is_exact, addresses, tiles=service.tiles)
    return scene, mapped.version


def map_of_room(service: Service, request: Request, room: Room) -> Scene | None:
    """Return the map of a room and of those near it; None if there can be none now."""
    view = View.at(room.longitude, room.latitude, _CLOSE)
    mapped = _mapped(service.stores.repository, RoomSelection(bbox=view.box), view)
    if mapped is None:
        return None
    link = Linker(request).link
    addresses = Addresses(
        _room_address(request), lambda bbox: f"{link('/rooms', f'bbox={bbox}')}#map"
    )
    return Scene(view, mapped.cells, mapped.is_exact, addresses, room, service.tiles)


def tile_origin(service: Service) -> str:
    """Return the origin from which pages load the tiles of maps; empty for none."""
    return service.tiles.origin if service.tiles else ""


def _seen(repository: RoomRepository, selection: RoomSelection) -> tuple[View, Mapped] | None:
    """Return the view of a search, and the rooms in it."""
    extent = extent_of(selection)
    if extent != WORLD:
        view = View.around(extent, 1.0 if selection.bbox else 0.95)
        mapped = _mapped(repository, selection, view)
        return None if mapped is None else (view, mapped)
    return _found(repository, selection)


def _found(repository: RoomRepository, selection: RoomSelection) -> tuple[View, Mapped] | None:
    """Find the part of the world where rooms are: a grid of it, then a finer one of that."""
    view = View.around(WORLD)
    mapped = _mapped(repository, selection, view, usual_zoom(WORLD))
    for _ in range(_STEPS):
        if mapped is None or not mapped.cells:
            break
        nearer = View.around(_box_of(mapped.cells), _SHARE)
        if nearer.zoom < view.zoom + 0.5:
            return nearer, mapped
        view, mapped = nearer, _mapped(repository, selection, nearer)
    return None if mapped is None else (view, mapped)


def _mapped(
    repository: RoomRepository, selection: RoomSelection, view: View, zoom: int | None = None
) -> Mapped | None:
    most = largest_zoom(view.box)
    chosen = min(round(view.zoom), most) if zoom is None else zoom
    request = RoomMapRequest(*selection.conditions, chosen)
    response = room_map_use_case(repository, request)
    return response.value if response else None


def _box_of(cells: tuple[Cell, ...]) -> Box:
    """Return the box around some cells, or, if they are several, around their mean places."""
    if len(cells) >= _SEVERAL:
        return box_of([(each.longitude, each.latitude) for each in cells])
    corners = [(each.box.west, each.box.south) for each in cells]
    return box_of([*corners, *((each.box.east, each.box.north) for each in cells)])


def _room_address(request: Request) -> Callable[[Room], str]:
    link = Linker(request).link
    return lambda room: link(f"/rooms/{room.code}")


def _search_address(request: Request, bbox: str) -> str:
    changes: dict[str, str | None] = dict.fromkeys(WHERE)
    if DISTANCE in request.query.values.get("sort", ""):
        changes["sort"] = None
    return f"{same_page(request, changes | {'bbox': bbox})}#map"
