"""The request for relaxations of a search, and the searches that find them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil, floor, inf, nextafter
from typing import Any

from rentomatic.domain.geography import Box, Near
from rentomatic.domain.kinds import Degrees
from rentomatic.domain.relaxation import (
    REMOVAL,
    box_reaching,
    centre_of,
    degrees_above,
    growth,
)
from rentomatic.domain.room import FIELDS, OPTIONAL_FIELDS, Room
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.cql2_comparisons import is_in_box
from rentomatic.requests.room_conditions import ALWAYS, Condition, Filter, all_of, combine, negated
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_list import RoomListRequest, build_room_list_request
from rentomatic.requests.room_order import parse_sort
from rentomatic.requests.room_selection import RoomSelection, SelectionReader

_UPWARD = {"lt", "lte"}
_RANGES = {*_UPWARD, "gt", "gte"}
# Changes of these have no natural unit: such a change counts as 100 %.
_DAYS = 365
_DEGREES = 1.0
# Distances from this one on are rounded to hundreds of metres.
_FAR = 1_000
_HUNDRED = 100
# Distances are exact to a millimetre.
_MILLIMETRE = 0.001


@dataclass(frozen=True, slots=True)
class RoomRelaxationsRequest(RoomSelection):
    """Relaxations of the search that selects these rooms.

    Unlike in a search, filters and condition are kept apart as they were given.
    """


def build_room_relaxations_request(
    filters: object = None,
    **others: Any,  # noqa: ANN401 - as the builder of a search has them
) -> RoomRelaxationsRequest | InvalidRequest:
    """Read a search to relax; the parameters are those of `build_room_list_request`."""
    search = build_room_list_request(filters, **others)
    if isinstance(search, InvalidRequest):
        return search
    reader = SelectionReader()
    given, condition = others.get("filter"), None
    if given is not None:
        condition = reader.condition(given)
    plain = () if filters is None else reader.filters(filters)
    return RoomRelaxationsRequest(plain, search.bbox, search.near, search.words, condition)


def searched(selection: RoomSelection, also: Condition = ALWAYS) -> RoomSelection:
    """Return a selection whose rooms meet another condition too, in the form that searches have."""
    whole = all_of([selection.condition or ALWAYS, also])
    filters, condition = combine(selection.filters, whole)
    return RoomSelection(filters, selection.bbox, selection.near, selection.words, condition)


@dataclass(frozen=True, slots=True)
class Removable:
    """A condition of a search that can only be removed.

    Attributes:
        key: see `Relaxation.key`.
        others: the search without it.
    """

    key: str
    others: RoomSelection

    @property
    def nearest(self) -> RoomListRequest | None:
        """The search for the nearest room that only this condition excludes; None if not by value.

        It has a limit of one.
        """
        return None

    @property
    def may_be_missing(self) -> bool:
        """Whether rooms may lack the value, so that only a removal finds them."""
        return True

    def value_at(self, room: Room) -> Any:  # noqa: ANN401 - each has a type of its own
        """Return the value nearest to the present one that lets a room pass; None if none does."""
        del room

    def relaxed(self, value: Any) -> RoomSelection:  # noqa: ANN401
        """Return the search with a value in place of the present one; with None, without it."""
        return searched(self.others if value is None else self._having(value))

    def change(self, value: Any) -> float:  # noqa: ANN401
        """Return the relative change from the present value."""
        return REMOVAL if value is None else self._change(value)

    def _having(self, value: Any) -> RoomSelection:  # noqa: ANN401
        raise NotImplementedError

    def _change(self, value: Any) -> float:  # noqa: ANN401
        raise NotImplementedError

    def _search(self, others: RoomSelection, also: Condition, sort: str) -> RoomListRequest:
        return RoomListRequest(*searched(others, also).conditions, limit=1, order=parse_sort(sort))


@dataclass(frozen=True, slots=True)
class _Limit(Removable):
    """A filter with a limit, such as `price__lte`."""

    given: Filter

    @property
    def nearest(self) -> RoomListRequest:
        sign = "" if self.given.operator in _UPWARD else "-"
        return self._search(self.others, negated(self.given), sign + self.given.field)

    @property
    def may_be_missing(self) -> bool:
        return self.given.field in OPTIONAL_FIELDS

    def value_at(self, room: Room) -> Any:  # noqa: ANN401
        value = getattr(room, self.given.field)
        if self.given.operator in {"lte", "gte"}:
            return value
        return _beyond(value, 1 if self.given.operator in _UPWARD else -1, self.given.field)

    def _having(self, value: Any) -> RoomSelection:  # noqa: ANN401
        changed = replace(self.given, value=value)
        return replace(self.others, filters=(*self.others.filters, changed))

    def _change(self, value: Any) -> float:  # noqa: ANN401
        before: Any = self.given.value
        if isinstance(value, date):
            return float(abs((value - before).days)) / _DAYS
        is_angle = isinstance(FIELDS[self.given.field].kind, Degrees)
        return float(abs(value - before)) / (_DEGREES if is_angle else max(abs(before), 1))


def _beyond(value: Any, sign: int, field: str) -> Any:  # noqa: ANN401
    """Return the next value, upwards or downwards; None if there is none."""
    if isinstance(value, date):
        try:
            return value + timedelta(days=sign)
        except OverflowError:
            return None
    kind = FIELDS[field].kind
    if isinstance(kind, Degrees):
        beyond = sign * degrees_above(sign * value)
        return beyond if abs(beyond) <= kind.most else None
    return value + sign


@dataclass(frozen=True, slots=True)
class _Radius(Removable):
    """The radius around a place; `is_empty` if no room within it is to be skipped."""

    near: Near
    radius: float
    is_empty: bool

    @property
    def nearest(self) -> RoomListRequest:
        if self.is_empty:
            return self._search(self.others, ALWAYS, DISTANCE)
        least = max(nextafter(self.radius, inf), self.near.radius_min or 0.0)
        beyond = replace(self.near, radius=None, radius_min=least)
        return self._search(replace(self.others, near=beyond), ALWAYS, DISTANCE)

    @property
    def may_be_missing(self) -> bool:
        return False

    def value_at(self, room: Room) -> int:
        metres = self.near.metres_to(*room.place) + _MILLIMETRE
        return ceil(metres) if metres < _FAR else ceil(metres / _HUNDRED) * _HUNDRED

    def _having(self, value: float) -> RoomSelection:
        return replace(self.others, near=replace(self.near, radius=float(value)))

    def _change(self, value: float) -> float:
        return (value - self.radius) / max(self.radius, 1.0)


@dataclass(frozen=True, slots=True)
class _LeastRadius(Removable):
    """The least distance from a place."""

    near: Near
    radius_min: float

    @property
    def nearest(self) -> RoomListRequest:
        within = replace(self.near, radius=nextafter(self.radius_min, 0.0), radius_min=None)
        return self._search(replace(self.others, near=within), ALWAYS, f"-{DISTANCE}")

    @property
    def may_be_missing(self) -> bool:
        return False

    def value_at(self, room: Room) -> int:
        metres = max(0.0, self.near.metres_to(*room.place) - _MILLIMETRE)
        return floor(metres) if metres < _FAR else floor(metres / _HUNDRED) * _HUNDRED

    def _having(self, value: float) -> RoomSelection:
        return replace(self.others, near=replace(self.near, radius_min=float(value)))

    def _change(self, value: float) -> float:
        return (self.radius_min - value) / max(self.radius_min, 1.0)


@dataclass(frozen=True, slots=True)
class _Area(Removable):
    """The box that the rooms are in; `is_empty` if no room in it is to be skipped."""

    box: Box
    is_empty: bool

    @property
    def nearest(self) -> RoomListRequest:
        near = self.others.near or Near(*centre_of(self.box))
        outside = ALWAYS if self.is_empty else negated(is_in_box(self.box))
        return self._search(replace(self.others, near=near), outside, DISTANCE)

    @property
    def may_be_missing(self) -> bool:
        return False

    def value_at(self, room: Room) -> Box:
        return box_reaching(self.box, *room.place)

    def _having(self, value: Box) -> RoomSelection:
        return replace(self.others, bbox=value)

    def _change(self, value: Box) -> float:
        return growth(self.box, value)


def conditions_of(search: RoomSelection, *, is_empty: bool) -> Iterator[Removable]:
    """Yield the conditions of a search that exclude rooms, in a fixed order.

    `is_empty` says that the search finds no room, which makes it easier to find the nearest one.
    """
    for each in search.filters:
        key = f"{each.field}__{each.operator}"
        others = replace(search, filters=tuple(one for one in search.filters if one != each))
        is_limit = each.operator in _RANGES
        yield _Limit(key, others, each) if is_limit else Removable(key, others)
    if search.condition is not None:
        yield Removable("filter", replace(search, condition=None))
    if search.words:
        yield Removable("q", replace(search, words=()))
    if search.bbox:
        yield _Area("bbox", replace(search, bbox=None), search.bbox, is_empty)
    near = search.near
    if near and near.radius is not None:
        others = replace(search, near=replace(near, radius=None))
        yield _Radius("radius", others, near, near.radius, is_empty)
    if near and near.radius_min:
        others = replace(search, near=replace(near, radius_min=None))
        yield _LeastRadius("radius_min", others, near, near.radius_min)
