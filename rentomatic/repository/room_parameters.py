"""Translating a search into parameters and parts of sql/room_*.sql."""

import math
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from rentomatic.domain.geography import Box, Near, antipode, box_around
from rentomatic.repository.contradictions import is_contradictory
from rentomatic.repository.ordering import POSITION_PARAMETERS, is_after, order_by
from rentomatic.repository.rings import RING_PARAMETERS, Rings, rings_of
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_list import EXACT, RoomListRequest
from rentomatic.requests.room_selection import FILTER_PARAMETERS, RoomSelection

Parameters = dict[str, Any]

# Sorting fewer rooms is faster than finding them outwards from a place, or in rings around it.
FEW_ROOMS = 5_000

_BOX = ("south", "north", "west", "east", "west_across", "east_across")
_NEAR = ("near_longitude", "near_latitude", "radius", "radius_min")

SELECTION_PARAMETERS = {
    *FILTER_PARAMETERS,
    *_BOX,
    *_NEAR,
    *(f"near_{each}" for each in _BOX),
    "contradictory",
}
LIST_PARAMETERS = {
    *SELECTION_PARAMETERS,
    *("hemisphere", "centre_longitude", "centre_latitude"),
    *("limit", "is_after", "boxed", "paged", "measured"),
    *RING_PARAMETERS,
}
LIST_PARTS = {"order", "is_after"}


def attempts(
    request: RoomListRequest, estimated: Callable[[RoomSelection], int]
) -> Iterator[tuple[Parameters, bool]]:
    """Yield attempts at a page; the first one that finds enough rooms is used.

    Each is the parameters of a statement, and whether it may be slow.

    Args:
        request: the search.
        estimated: returns about how many rooms are selected, without regard to distances.
    """
    near = request.near
    if not near or not is_by_distance(request):
        yield list_parameters(request), False
        return
    rings = rings_of(request, near)
    first = next(rings, None)
    is_narrow = first is not None or request.filters or request.bbox
    if is_narrow and estimated(RoomSelection(request.filters, request.bbox)) < FEW_ROOMS:
        yield list_parameters(request, are_few=True), False
    elif first is None:
        yield list_parameters(request), False
    else:
        for each in chain([first], rings):
            yield list_parameters(request, each), each.is_large


def selection_parameters(selection: RoomSelection) -> Parameters:
    """Return the parameters of a selection; the statement keeps only their lines."""
    parameters: Parameters = {
        each.parameter: list(each.value) if isinstance(each.value, tuple) else each.value
        for each in selection.filters
    }
    if selection.bbox:
        parameters |= _box(selection.bbox)
    if selection.near:
        parameters |= _near(selection.near)
    if is_contradictory(selection):
        parameters["contradictory"] = True
    return parameters


def list_parameters(
    request: RoomListRequest, rings: Rings | None = None, *, are_few: bool = False
) -> Parameters:
    """Return the parameters of a search, and the marks of the lines that it needs.

    A page reads one room more than it shows, to find out whether there is a next page, and the
    values that its rooms are sorted by.

    Args:
        request: the search.
        rings: where to find the first rooms by distance; None for around the place.
        are_few: whether few enough rooms are selected to sort all of them.
    """
    parameters = selection_parameters(request)
    if request.limit is not None:
        parameters |= {"limit": request.limit + 1, "paged": True}
        parameters |= {"measured": True} if request.near else {}
    if request.count == EXACT:
        parameters["counted"] = True
    if request.after is not None:
        parameters["is_after"] = True
        parameters |= dict(zip(POSITION_PARAMETERS, request.after, strict=False))
    if rings:
        parameters |= rings.parameters()
    elif request.near and is_by_distance(request) and not are_few:
        parameters |= _centre(request.near, farthest=request.order[0].descending)
    else:
        parameters["boxed"] = True
    return parameters


def list_parts(request: RoomListRequest) -> dict[str, str]:
    """Return the parts of a search."""
    parts = {"order": order_by(request.order)}
    if request.after is not None:
        parts["is_after"] = is_after(request.order, request.after)
    return parts


def is_by_distance(request: RoomListRequest) -> bool:
    """Return whether the first rooms are to be found by distance."""
    return request.order[0].name == DISTANCE and request.limit is not None


def _box(whole: Box, prefix: str = "") -> Parameters:
    box = whole.across
    across = "_across" if box.crosses_antimeridian else ""
    return {
        f"{prefix}south": box.south,
        f"{prefix}north": box.north,
        f"{prefix}west{across}": box.west,
        f"{prefix}east{across}": box.east,
    }


def _near(near: Near) -> Parameters:
    parameters: Parameters = {"near_longitude": near.longitude, "near_latitude": near.latitude}
    if near.radius is not None:
        box = box_around(near.longitude, near.latitude, near.radius)
        parameters |= {"radius": near.radius} | _box(box, "near_")
    if near.radius_min is not None:
        parameters["radius_min"] = near.radius_min
    return parameters


def _centre(near: Near, *, farthest: bool) -> Parameters:
    """Return the place around which to search, mirrored to the north if it is in the south.

    The farthest rooms are around the antipode.
    """
    longitude, latitude = near.longitude, near.latitude
    if farthest:
        longitude, latitude = antipode(longitude, latitude)
    return {
        "hemisphere": math.copysign(1.0, latitude),
        "centre_longitude": longitude,
        "centre_latitude": abs(latitude),
    }
