"""Which rooms a request selects, by filters and place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from operator import attrgetter
from typing import Any

from rentomatic.domain.geography import Box, Near
from rentomatic.domain.room import COORDINATES, FIELDS
from rentomatic.requests.base import ParameterError, ValidRequest
from rentomatic.requests.cql2 import parse_cql2
from rentomatic.requests.parsers import (
    ListText,
    as_list_text,
    as_text,
    parse_metres,
    shown,
    shown_name,
)
from rentomatic.requests.room_conditions import Condition, Filter, combine
from rentomatic.requests.room_fields import (
    FILTER_KEYS,
    OPERAND_PARSERS,
    OPERATORS,
    Takes,
    parser_of,
    suggest_filter_key,
    usable_filters,
)
from rentomatic.requests.search_words import parse_search_words

BBOX_FORM = "west,south,east,north"
NEAR_FORM = ",".join(COORDINATES)

# The attributes of a selection, in order.
Conditions = tuple[tuple[Filter, ...], Box | None, Near | None, tuple[str, ...], Condition | None]


@dataclass(frozen=True, slots=True)
class RoomSelection(ValidRequest):
    """The rooms that meet all of these conditions.

    Attributes:
        filters: each field with each operator at most once.
        bbox: the box that they are in.
        near: how far they are from a place.
        words: folded words, each of which begins a word of their texts.
        condition: what filters cannot express.
    """

    filters: tuple[Filter, ...] = ()
    bbox: Box | None = None
    near: Near | None = None
    words: tuple[str, ...] = ()
    condition: Condition | None = None

    @property
    def conditions(self) -> Conditions:
        """What selects the rooms; the attributes of every kind of selection begin with it."""
        return self.filters, self.bbox, self.near, self.words, self.condition

    @property
    def selection(self) -> "RoomSelection":
        """The selection alone, without what a search adds."""
        return RoomSelection(*self.conditions)

    def without_filters_of(self, *fields: str) -> "RoomSelection":
        """Return the same selection without the filters of some fields."""
        kept = tuple(each for each in self.filters if each.field not in fields)
        return replace(self.selection, filters=kept)


class SelectionReader:
    """Reads what all searches share; collects `errors`."""

    def __init__(self) -> None:
        self.errors: list[ParameterError] = []

    def fail(self, parameter: str, message: str, suggestion: str | None = None) -> None:
        """Add an error."""
        self.errors.append(ParameterError(parameter, message, suggestion=suggestion))

    def selection(  # noqa: PLR0913, PLR0917 - each is a parameter of the contract
        self,
        filters: object,
        bbox: ListText | None,
        near: ListText | None,
        radius: str | float | None,
        radius_min: str | float | None,
        q: str | None,
        filter: str | Condition | None,  # noqa: A002 - as above
    ) -> RoomSelection:
        """Read which rooms are selected; wrong parameters are left out."""
        place = near, radius, radius_min
        plain = () if filters is None else self.filters(filters)
        condition = None if filter is None else self.condition(filter)
        plain, condition = (plain, None) if condition is None else combine(plain, condition)
        return RoomSelection(
            plain,
            None if bbox is None else self.bbox(bbox),
            None if place == (None, None, None) else self.near(*place),
            () if q is None else self.words(q),
            condition,
        )

    def filters(self, given: object) -> tuple[Filter, ...]:
        """Read filters, what to compare with by `field__operator`, and sort them."""
        if not isinstance(given, Mapping):
            self.fail("filters", "Is not iterable")
            return ()
        filters = []
        for key, operand in given.items():
            if key not in FILTER_KEYS:
                message = f"Key {shown_name(key)} cannot be used"
                if not (suggestion := suggest_filter_key(key)):
                    message += f"; {usable_filters(key)}"
                self.errors.append(ParameterError("filters", message, key, suggestion))
                continue
            field, operator = FILTER_KEYS[key]
            spell = as_list_text if OPERATORS[operator].takes is Takes.LIST else as_text
            text = operand if isinstance(operand, str) else spell(operand)
            try:
                filters.append(Filter(field, operator, OPERAND_PARSERS[key](text)))
            except ValueError as problem:
                self.errors.append(ParameterError("filters", f"{key} {problem}", key))
        return tuple(sorted(filters, key=attrgetter("field", "operator")))

    def condition(self, given: str | Condition) -> Condition | None:
        """Read an expression over the filters, as CQL2 text."""
        if not isinstance(given, str):
            return given
        try:
            return parse_cql2(given)
        except ValueError as problem:
            self.fail("filter", str(problem))
            return None

    def bbox(self, given: ListText) -> Box | None:
        """Read a box, `west,south,east,north` in degrees."""
        read = self._coordinates("bbox", as_list_text(given), BBOX_FORM)
        if read is None:
            return None
        box = Box(*read)
        if box.south > box.north:
            self.fail("bbox", f"must be {BBOX_FORM}, and south must not lie above north")
        return box

    def near(
        self, given: ListText | None, radius: str | float | None, radius_min: str | float | None
    ) -> Near | None:
        """Read a place in degrees, and distances from it in metres."""
        most = None if radius is None else self.metres("radius", radius)
        least = None if radius_min is None else self.metres("radius_min", radius_min)
        if most is not None and least is not None and least > most:
            self.fail("radius_min", "must not be above radius")
        if given is None:
            for name, value in (("radius", radius), ("radius_min", radius_min)):
                if value is not None:
                    self.fail(name, f"needs near={NEAR_FORM}")
            return None
        read = self._coordinates("near", as_list_text(given), NEAR_FORM)
        if read is None:
            return None
        x, y = read
        return Near(x, y, most, least)

    def words(self, given: str) -> tuple[str, ...]:
        """Read the words to search for."""
        try:
            return parse_search_words(given)
        except ValueError as problem:
            self.fail("q", str(problem))
            return ()

    def metres(self, name: str, given: str | float) -> float | None:
        """Read a distance."""
        try:
            return parse_metres(as_text(given))
        except ValueError as problem:
            self.fail(name, str(problem))
            return None

    def _coordinates(self, name: str, text: str, form: str) -> Sequence[float] | None:
        """Read the coordinates of one or two places."""
        names, parts = form.split(","), text.split(",")
        if len(parts) != len(names):
            message = f"must be {form}: {len(names)} decimal numbers, not {shown(text)}"
            self.fail(name, message)
            return None
        values: list[Any] = []  # floats, as all coordinates
        parsers = cycle(parser_of(FIELDS[each].kind) for each in COORDINATES)
        for part_name, part, parse in zip(names, parts, parsers, strict=False):
            try:
                values.append(parse(part))
            except ValueError as problem:
                self.fail(name, f"{part_name} {problem}")
        return values if len(values) == len(names) else None
