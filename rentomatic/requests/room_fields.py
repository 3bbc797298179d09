"""THE table of a room's fields and of the operators that compare them.

Validation, SQL parameters, the predicates of the other repositories, the command line and the
import all read it; none of them knows a field by name where a loop will do.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from rentomatic.domain.room import MAX_LATITUDE, MAX_LONGITUDE, MAX_PRICE, MAX_SIZE
from rentomatic.requests.parsers import (
    MAX_INTEGER,
    MAX_LIST,
    as_list_text,
    as_text,
    closest,
    parse_integer,
    parse_latitude,
    parse_list,
    parse_longitude,
    parse_uuid,
)

SQUARE_FOOT = Decimal("0.09290304")  # square metres, exactly

Value = UUID | int | float
Operand = Value | tuple[Value, ...]
JsonSchema = Mapping[str, Any]

_SQUARE_FEET = re.compile(
    r"sq(?:uare)?[\W_]*f(?:ee|oo)?t|(?<![a-z])f(?:ee|oo)?t[\W_]*(?:2|\u00b2|sq)|(?<![a-z])sf(?![a-z])",
    re.IGNORECASE,
)

# A filter may compare with more than the columns hold.
_ANY_INTEGER = {"minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}


@dataclass(frozen=True, slots=True)
class Operator:
    """A comparison.

    Attributes:
        name: as a filter spells it.
        meaning: as documentation spells it.
        holds: the comparison itself, field first.
    """

    name: str
    meaning: str
    holds: Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in which files give a field, though the room has it in another.

    Attributes:
        name: its name.
        pattern: how the name of a column says so.
        factor: what one is in the room's unit.
        own: the room's unit.
    """

    name: str
    pattern: re.Pattern[str]
    factor: Decimal
    own: str

    def is_named_by(self, name: str) -> bool:
        """Tell whether a column's name says that its values have this unit."""
        return self.pattern.search(name) is not None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the room.

    Attributes:
        name: its name everywhere.
        parse: text to value; raises ValueError.
        operators: names of the operators that can compare it.
        help: what it is, with its unit.
        schema: its values as JSON Schema.
        aliases: other names by which a column of an imported file is known.
        units: other units in which files give it.
        operand: what of the schema differs for the values that filters compare it with.
    """

    name: str
    parse: Callable[[str], Value]
    operators: tuple[str, ...]
    help: str
    schema: JsonSchema
    aliases: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    operand: JsonSchema = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All names by which an imported file may call it, its own first."""
        return (self.name, *self.aliases)

    @property
    def is_identity(self) -> bool:
        """Whether its values differ from room to room."""
        return self.parse is parse_uuid

    def parse_operand(self, operator_name: str, operand: object) -> Operand:
        """Read what a filter compares this field with: one value, or the list of `in`."""
        if operator_name != "in":
            return self.parse(as_text(operand))
        return parse_list(as_list_text(operand), self.parse)

    def operand_schema(self, operator_name: str) -> JsonSchema:
        """Give what `parse_operand` reads as JSON Schema."""
        one = {**self.schema, **self.operand}
        if operator_name != "in":
            return one
        return {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_LIST}


OPERATORS: Mapping[str, Operator] = {
    each.name: each
    for each in (
        Operator("eq", "equal to", operator.eq),
        Operator("ne", "not equal to", operator.ne),
        Operator("lt", "less than", operator.lt),
        Operator("lte", "at most", operator.le),
        Operator("gt", "greater than", operator.gt),
        Operator("gte", "at least", operator.ge),
        Operator("in", "one of a comma-separated list", lambda value, among: value in among),
    )
}

_ALL = tuple(OPERATORS)

# In the order in which a room's fields are shown.
FIELDS: Mapping[str, Field] = {
    each.name: each
    for each in (
        Field(
            "code",
            parse_uuid,
            ("eq", "ne", "in"),
            "identity, a UUID",
            {"type": "string", "format": "uuid"},
            aliases=("id",),
        ),
        Field(
            "size",
            parse_integer,
            _ALL,
            "floor area in square metres",
            {"type": "integer", "minimum": 1, "maximum": MAX_SIZE},
            aliases=("squareMeters", "square_feet", "sqft", "area"),
            units=(Unit("square feet", _SQUARE_FEET, SQUARE_FOOT, "square metres"),),
            operand=_ANY_INTEGER,
        ),
        Field(
            "price",
            parse_integer,
            _ALL,
            "rent in whole units of the currency",
            {"type": "integer", "minimum": 0, "maximum": MAX_PRICE},
            operand=_ANY_INTEGER,
        ),
        Field(
            "latitude",
            parse_latitude,
            _ALL,
            "degrees north of the equator",
            {"type": "number", "minimum": -MAX_LATITUDE, "maximum": MAX_LATITUDE},
            aliases=("lat",),
        ),
        Field(
            "longitude",
            parse_longitude,
            _ALL,
            "degrees east of Greenwich",
            {"type": "number", "minimum": -MAX_LONGITUDE, "maximum": MAX_LONGITUDE},
            aliases=("lon", "lng"),
        ),
    )
}

# What a room has when it is searched for near a place.
DISTANCE = "distance"

# The fields that can be averaged, and shown as a histogram.
AMOUNTS = ("size", "price")

FILTER_KEYS: Mapping[str, tuple[str, str]] = {
    f"{field.name}__{name}": (field.name, name)
    for field in FIELDS.values()
    for name in field.operators
}


# What others call operators, where the nearest of ours would be another one, or even the opposite.
_MEANT = {
    **dict.fromkeys(("min", "minimum", "from", "ge", "atleast", "greaterthanorequal"), "gte"),
    **dict.fromkeys(("max", "maximum", "to", "le", "atmost", "lessthanorequal", "upto"), "lte"),
    **dict.fromkeys(("over", "above", "more", "morethan", "greaterthan", "after"), "gt"),
    **dict.fromkeys(("under", "below", "fewer", "lessthan", "before"), "lt"),
    **dict.fromkeys(("not", "neq", "nin", "notin", "isnot", "noteq", "notequal", "except"), "ne"),
}
_WORD = re.compile(r"[a-z]+")


def suggest_filter_key(key: str) -> str | None:
    """Guess which filter was meant: the field that is named, or the nearest; then the operator."""
    spelt, _, rest = key.lower().partition("__")
    words = _WORD.findall(key.lower())
    field = next((word for word in words if word in FIELDS), None)
    if field:
        words.remove(field)
    else:
        field, words = closest(spelt, FIELDS), _WORD.findall(rest)
    if field is None:
        return None
    wanted, known = "".join(words), FIELDS[field].operators
    meant = _MEANT.get(wanted)
    return f"{field}__{meant if meant in known else closest(wanted, known, 0.5) or 'eq'}"
