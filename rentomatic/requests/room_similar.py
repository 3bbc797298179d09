"""The request for rooms that are similar to a room."""

from dataclasses import dataclass, field
from uuid import UUID

from rentomatic.domain.geography import Near
from rentomatic.domain.room import Room
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.parsers import ListText, as_list_text, parse_integer, parse_uuid, shown
from rentomatic.requests.room_conditions import Condition
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_list import ALL_FIELDS, DEFAULT_LIMIT, MAX_LIMIT, ListReader
from rentomatic.requests.room_selection import RoomSelection

# How far away similar rooms are, in metres, and how many of the nearest ones are compared.
REACH = 50_000
COMPARED_ROOMS = 5_000

_KNOWN = (*ALL_FIELDS, DISTANCE)


@dataclass(frozen=True, slots=True)
class RoomSimilarRequest(RoomSelection):
    """The selected rooms that are most similar to a room.

    Attributes:
        code: of the room, which is not one of them.
        limit: the largest number of rooms.
        radius: how far they are from the room at most, in metres; at most REACH.
        radius_min: how far they are at least; None for any.
        fields: the fields to return, in the order in which they are shown.
    """

    code: UUID = field(kw_only=True)
    limit: int = DEFAULT_LIMIT
    radius: float = REACH
    radius_min: float | None = None
    fields: tuple[str, ...] = _KNOWN

    def around(self, room: Room) -> Near:
        """Return where they are, if the room is this one."""
        return Near(room.longitude, room.latitude, self.radius, self.radius_min)


def build_room_similar_request(  # noqa: PLR0913 - each is a parameter of the contract
    code: str | UUID,
    filters: object = None,
    limit: str | int = DEFAULT_LIMIT,
    *,
    bbox: ListText | None = None,
    q: str | None = None,
    filter: str | Condition | None = None,  # noqa: A002 - as the parameter is called
    radius: str | float | None = None,
    radius_min: str | float | None = None,
    fields: ListText | None = None,
) -> RoomSimilarRequest | InvalidRequest:
    """Read a room and which rooms to compare with it.

    The others are the parameters of `build_room_list_request`; distances are from the room.
    """
    reader = _Reader()
    selection = reader.selection(filters, bbox, None, None, None, q, filter)
    most, least = reader.radii(radius, radius_min)
    request = RoomSimilarRequest(
        *selection.conditions,
        code=reader.code(code),
        limit=reader.bounded_limit(str(limit)),
        radius=most,
        radius_min=least,
        fields=_KNOWN if fields is None else reader.fields(as_list_text(fields), _KNOWN),
    )
    return InvalidRequest(tuple(reader.errors)) if reader.errors else request


class _Reader(ListReader):
    def code(self, given: str | UUID) -> UUID:
        try:
            return given if isinstance(given, UUID) else parse_uuid(given)
        except ValueError as problem:
            self.fail("code", str(problem))
            return UUID(int=0)

    def radii(
        self, radius: str | float | None, radius_min: str | float | None
    ) -> tuple[float, float | None]:
        """Read the greatest and the smallest distance."""
        most = REACH if radius is None else self.metres("radius", radius)
        least = None if radius_min is None else self.metres("radius_min", radius_min)
        if most is not None and most > REACH:
            self.fail("radius", f"must be at most {REACH} here, not {shown(str(radius))}")
        elif most is not None and least is not None and least > most:
            which = "radius" if radius is not None else f"{REACH}"
            self.fail("radius_min", f"must not be above {which}")
        return (REACH if most is None else most), least

    def bounded_limit(self, text: str) -> int:
        """Read a limit; there is no answer with all rooms."""
        try:
            limit = parse_integer(text)
        except ValueError:
            limit = 0
        if not 1 <= limit <= MAX_LIMIT:
            self.fail("limit", f"must be an integer from 1 to {MAX_LIMIT}, not {shown(text)}")
        return limit
