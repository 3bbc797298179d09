"""Translating a search into parameters and parts of sql/room_*.sql."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from rentomatic.domain.geography import Box, Near, antipode, box_around
from rentomatic.domain.room import OPTIONAL_FIELDS, Room
from rentomatic.domain.room_summary import MAX_BARS, MAX_CITIES, QUARTILES, STEPS
from rentomatic.repository.conditions import condition_parameters, is_met
from rentomatic.repository.contradictions import is_contradictory
from rentomatic.repository.ordering import POSITION_PARAMETERS, is_after, is_present_in, order_by
from rentomatic.repository.rings import RING_PARAMETERS, Rings, rings_of
from rentomatic.repository.word_parameters import WORD_PARAMETERS, planned_words, word_parameters
from rentomatic.requests.room_conditions import FILTER_PARAMETERS
from rentomatic.requests.room_fields import DISTANCE, HISTOGRAMS
from rentomatic.requests.room_list import EXACT, RoomListRequest
from rentomatic.requests.room_map import RoomMapRequest
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.room_similar import COMPARED_ROOMS, RoomSimilarRequest
from rentomatic.requests.room_summary import RoomSummaryRequest

Parameters = dict[str, Any]
Estimated = Callable[[RoomSelection], int]

# Sorting fewer rooms is faster than finding them outwards from a place, or in rings around it.
FEW_ROOMS = 5_000

# How many of the rooms nearest to a room limit how far away similar ones are.
NEAREST_ROOMS = 200

# Collecting fewer rooms is fast enough to find a single one: the planner takes a value that no room
# has for a usual one, and then reading in the order of the search reads all rooms.
SOUGHT_ROOMS = 20_000

# How many rooms are looked up to estimate how many more there are, and where.
SAMPLED_ROOMS = 20_000

_BOX = ("south", "north", "west", "east", "west_across", "east_across")
_NEAR = ("near_longitude", "near_latitude", "radius", "radius_min")

SELECTION_PARAMETERS = {
    *FILTER_PARAMETERS,
    *_BOX,
    *_NEAR,
    *(f"near_{each}" for each in _BOX),
    *WORD_PARAMETERS,
    "contradictory",
}
LIST_PARAMETERS = {
    *SELECTION_PARAMETERS,
    *("hemisphere", "centre_longitude", "centre_latitude"),
    *("limit", "is_after", "is_present", "boxed", "collected"),
    *("far_most", "far_least"),
}
PAGE_PARAMETERS = {*LIST_PARAMETERS, "measured", "counted"}
PAGE_BY_ID_PARAMETERS = {*PAGE_PARAMETERS, *RING_PARAMETERS}
MAP_PARAMETERS = {*SELECTION_PARAMETERS, "sample", "step", "last_row", "last_column"}
SIMILAR_PARAMETERS = {
    *SELECTION_PARAMETERS,
    *("hemisphere", "centre_longitude", "centre_latitude"),
    *("code", "price", "size", "limit", "nearest", "most"),
}
SUMMARY_PARAMETERS = {
    *SELECTION_PARAMETERS,
    *("sample", "selected_only", "quartiles", "steps", "max_bars", "max_cities"),
}
SELECTION_PARTS = {"is_met"}
LIST_PARTS = {*SELECTION_PARTS, "order", "is_after", "is_present"}


def attempts(request: RoomListRequest, estimated: Estimated) -> Iterator[tuple[Parameters, bool]]:
    """Yield ways to find a page; the first one that finds enough rooms is used.

    Each is the parameters of a statement, and whether it may be slow.

    Args:
        request: the search.
        estimated: returns about how many rooms are selected, without regard to distances.
    """
    if not may_read_far(request):
        yield from _attempts(request, estimated)
        return
    words: Parameters = {}
    if request.words:
        words = planned_words(request.words, lambda word: estimated(RoomSelection(words=(word,))))
    selects_few = "gathered" not in words and _selects_few(request, estimated)
    for parameters, is_large in _attempts(request, estimated):
        collected = {"collected": True} if selects_few and "boxed" in parameters else {}
        yield parameters | words | collected, is_large


def _selects_few(request: RoomListRequest, estimated: Estimated) -> bool:
    """Return whether few rooms have the words and pass everything else, if there is anything."""
    whole = request.selection
    few = SOUGHT_ROOMS if request.limit == 1 else FEW_ROOMS
    return whole != RoomSelection(words=request.words) and estimated(whole) < few


def needs_attempts(request: RoomListRequest) -> bool:
    """Return whether the first attempt at a page may find too few rooms, or take long."""
    return bool(
        request.count == EXACT
        or may_read_far(request)
        or is_by_distance(request)
        or may_lack_sort_key(request)
    )


def may_read_far(request: RoomListRequest) -> bool:
    """Return whether the order of the search may be a slow way to find its first rooms.

    The planner takes the words and all other conditions to be independent of the order. It expects
    the only room that is wanted soon, and may read all rooms to find that there is none.
    """
    is_one = request.limit == 1 and not shows_what_it_reads(request)
    return is_one or bool(request.words)


def fallback_parameters(request: RoomListRequest) -> Parameters:
    """Return the parameters of a search whose first attempt took too long.

    They collect all selected rooms before sorting them. That is slow if there are many, but faster
    than reading most rooms in order to find a few.
    """
    return list_parameters(request, selects_few=True) | {"collected": True}


def _attempts(request: RoomListRequest, estimated: Estimated) -> Iterator[tuple[Parameters, bool]]:
    near = request.near
    if may_lack_sort_key(request):
        yield list_parameters(request, is_present=True), False
    if not near or not is_by_distance(request):
        yield list_parameters(request), False
        return
    rings = rings_of(request, near)
    first = next(rings, None)
    anywhere = replace(request.selection, near=None)
    is_narrow = first is not None or anywhere != RoomSelection()
    if is_narrow and estimated(anywhere) < FEW_ROOMS:
        yield list_parameters(request, selects_few=True), False
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
    if selection.words:
        parameters |= word_parameters(selection.words)
    if is_contradictory(selection):
        parameters["contradictory"] = True
    if selection.condition:
        parameters |= {"is_met": True} | condition_parameters(selection.condition)
    return parameters


def sample_parameters(selection: RoomSelection) -> Parameters:
    """Return the parameters that make a statement count a sample of SAMPLED_ROOMS."""
    looked_up = {"gathered": True, "looked_up": True} if selection.words else {}
    return {"sample": SAMPLED_ROOMS} | looked_up


def map_parameters(request: RoomMapRequest) -> Parameters:
    """Return the parameters of a map of all rooms."""
    grid = request.grid
    return selection_parameters(request) | {
        "step": grid.step,
        "last_row": grid.last_row,
        "last_column": grid.last_column,
    }


def similar_parameters(request: RoomSimilarRequest, room: Room) -> Parameters:
    """Return the parameters of rooms that are similar to a room."""
    near = request.around(room)
    return selection_parameters(replace(request.selection, near=None)) | {
        **_distances(near),
        **_centre(near, farthest=False),
        "code": room.code,
        "price": room.price,
        "size": room.size,
        "limit": request.limit,
        "nearest": max(NEAREST_ROOMS, request.limit),
        "most": COMPARED_ROOMS,
    }


def summary_parameters(request: RoomSummaryRequest, *, selected_only: bool = False) -> Parameters:
    """Return the parameters of a summary of all rooms.

    Args:
        request: the selection.
        selected_only: whether the histograms, too, leave out rooms that are not selected.
    """
    selection = selection_parameters(request)
    # The histogram of a field ignores its filters, even if they exclude each other.
    if not selected_only and not is_contradictory(request.without_filters_of(*HISTOGRAMS)):
        selection.pop("contradictory", None)
    return selection | {
        **({"selected_only": True} if selected_only else {}),
        "quartiles": list(QUARTILES),
        "steps": list(STEPS),
        "max_bars": MAX_BARS,
        "max_cities": MAX_CITIES,
    }


def selection_parts(selection: RoomSelection) -> dict[str, str]:
    """Return the parts of a selection; see SELECTION_PARTS."""
    return {"is_met": is_met(selection.condition)} if selection.condition else {}


def list_parameters(
    request: RoomListRequest,
    rings: Rings | None = None,
    *,
    selects_few: bool = False,
    is_present: bool = False,
) -> Parameters:
    """Return the parameters of a search, and the marks of the lines that it needs.

    A page reads one room more than it shows, to find out whether there is a next page, and the
    values that its rooms are sorted by.

    Args:
        request: the search.
        rings: where to find the first rooms by distance; None for around the place.
        selects_few: whether few enough rooms are selected to sort all of them.
        is_present: whether to find only rooms that have a value for the first sort key.
    """
    parameters = selection_parameters(request)
    if request.limit is not None:
        parameters["limit"] = request.limit + 1
        parameters |= {"measured": True} if request.near else {}
    if is_present:
        parameters["is_present"] = True
    if request.count == EXACT:
        parameters["counted"] = True
    if request.after is not None:
        parameters["is_after"] = True
        parameters |= dict(zip(POSITION_PARAMETERS, request.after, strict=False))
    if rings:
        parameters |= rings.parameters()
    elif request.near and is_by_distance(request) and not selects_few:
        parameters |= _centre(request.near, farthest=request.order[0].descending)
    else:
        parameters["boxed"] = True
    return parameters


def list_parts(request: RoomListRequest, *, is_present: bool = False) -> dict[str, str]:
    """Return the parts of a search; see list_parameters."""
    parts = selection_parts(request) | {"order": order_by(request.order, is_present=is_present)}
    if is_present:
        parts["is_present"] = is_present_in(request.order)
    if request.after is not None:
        parts["is_after"] = is_after(request.order, request.after, is_present=is_present)
    return parts


def is_by_distance(request: RoomListRequest) -> bool:
    """Return whether the first rooms are to be found by distance."""
    return request.order[0].name == DISTANCE and request.limit is not None


def shows_what_it_reads(request: RoomListRequest) -> bool:
    """Return whether the page shows nearly every room that is read: no other filter drops any."""
    first = request.order[0].name
    is_anywhere = request.bbox is None and request.near is None and not request.words
    return (
        is_anywhere
        and not request.condition
        and all(each.field == first for each in request.filters)
    )


def may_lack_sort_key(request: RoomListRequest) -> bool:
    """Return whether the page may end in rooms without a value for the first sort key.

    An index has the rooms with a value, in their order. A page that begins after the last of them
    needs no index.
    """
    is_behind = request.after is not None and request.after[0] is None
    is_optional = request.order[0].name in OPTIONAL_FIELDS
    return is_optional and not is_behind and request.limit is not None


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
    parameters = _distances(near)
    if near.radius is not None:
        parameters |= _box(box_around(near.longitude, near.latitude, near.radius), "near_")
    return parameters


def _distances(near: Near) -> Parameters:
    parameters: Parameters = {"near_longitude": near.longitude, "near_latitude": near.latitude}
    limits = {"radius": near.radius, "radius_min": near.radius_min}
    return parameters | {name: metres for name, metres in limits.items() if metres is not None}


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
