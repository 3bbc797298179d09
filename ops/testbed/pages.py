"""The kinds of pages that the service has, each with an example among the demo's rooms."""

from collections.abc import Mapping
from dataclasses import dataclass

_ROOM = "/rooms/00000000-0000-8000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of page.

    Attributes:
        path: the path and query of an example.
        status: of the answer.
        is_for_staff: whether only those who are signed in get it.
    """

    path: str
    status: int = 200
    is_for_staff: bool = False


PAGES: Mapping[str, Kind] = {
    "search": Kind("/rooms"),
    "filtered": Kind("/rooms?filter_city__eq=Berlin&filter_price__lte=1500&sort=-size&limit=10"),
    "nothing": Kind(
        "/rooms?near=2.35,48.86&radius=500&filter_city__eq=Paris"
        "&filter_price__lte=30&filter_bedrooms__gte=1"
    ),
    "mistake": Kind("/rooms?filter_price__gte=cheap&filter_bedrooms__gte=1", 400),
    "room": Kind(_ROOM),
    "missing": Kind("/rooms/00000000-0000-0000-0000-000000000000", 404),
    "map": Kind("/rooms?bbox=13,52,14,53"),
    "places": Kind("/rooms?place=Springfield", 300),
    "sign-in": Kind("/sign-in"),
    "new": Kind("/rooms/new", is_for_staff=True),
    "edit": Kind(f"{_ROOM}/edit", is_for_staff=True),
    "remove": Kind(f"{_ROOM}/remove", is_for_staff=True),
    "import": Kind("/import", is_for_staff=True),
    "docs": Kind("/docs"),
    "docs-operation": Kind("/docs/room_list"),
    "docs-errors": Kind("/docs/errors"),
    "docs-headers": Kind("/docs/headers"),
    "docs-schemas": Kind("/docs/schemas"),
    "docs-all": Kind("/docs/all"),
}
