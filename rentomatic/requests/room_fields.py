"""How the fields of a room are read and compared; the table of fields is rentomatic.domain.room."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import partial
from typing import Any
from uuid import UUID

from rentomatic.domain.folding import fold
from rentomatic.domain.kinds import (
    MAX_SORTED,
    Address,
    Date,
    Degrees,
    Identity,
    Integer,
    JsonSchema,
    Kind,
    Text,
)
from rentomatic.domain.patterns import is_like
from rentomatic.domain.room import FIELDS, Field
from rentomatic.requests.parsers import (
    MAX_INTEGER,
    MAX_LIST,
    closest,
    parse_date,
    parse_degrees,
    parse_flag,
    parse_integer,
    parse_list,
    parse_uuid,
    parse_words,
)

Value = UUID | int | float | str | date
Operand = Value | bool | tuple[Value, ...]
Parser = Callable[[str], Value]

# Whether a field is missing.
NULL = "null"


class Takes(Enum):
    """What an operator compares a field with."""

    VALUE = "value"
    LIST = "value,value"
    FLAG = "true or false"


@dataclass(frozen=True, slots=True)
class Operator:
    """A comparison.

    Attributes:
        holds: compares a field's value, which is not missing, with an operand.
    """

    name: str
    meaning: str
    holds: Callable[[Any, Any], bool]
    takes: Takes = Takes.VALUE

    def matches(self, value: Value | None, operand: Operand) -> bool:
        """Return whether a room with this value passes; a missing value passes only `null`."""
        if self.name == NULL:
            return (value is None) == operand
        return value is not None and self.holds(value, operand)


OPERATORS: Mapping[str, Operator] = {
    each.name: each
    for each in (
        Operator("eq", "equal to", operator.eq),
        Operator("ne", "not equal to", operator.ne),
        Operator("lt", "less than", operator.lt),
        Operator("lte", "at most", operator.le),
        Operator("gt", "greater than", operator.gt),
        Operator("gte", "at least", operator.ge),
        Operator(
            "in", "one of a comma-separated list", lambda value, among: value in among, Takes.LIST
        ),
        Operator(NULL, "missing (`true`) or present (`false`)", operator.is_, Takes.FLAG),
    )
}


def _is_ilike(text: str, pattern: str) -> bool:
    return is_like(fold(text)[:MAX_SORTED], pattern)


# Comparisons of text with a pattern, which only a boolean expression has.
PATTERNS: Mapping[str, Operator] = {
    each.name: each
    for each in (
        Operator("like", "like", is_like),
        Operator("unlike", "not like", lambda text, pattern: not is_like(text, pattern)),
        Operator("ilike", "like when folded", _is_ilike),
        Operator(
            "unilike", "not like when folded", lambda text, pattern: not _is_ilike(text, pattern)
        ),
    )
}
COMPARISONS = {**OPERATORS, **PATTERNS}


# What a search near a place adds to each room.
DISTANCE = "distance"

# The fields that can be averaged and shown as a histogram.
AMOUNTS = ("size", "price")
# The field that is only shown as a histogram.
BEDROOMS = "bedrooms"
HISTOGRAMS = (*AMOUNTS, BEDROOMS)

FILTER_KEYS: Mapping[str, tuple[str, str]] = {
    f"{field.name}__{name}": (field.name, name)
    for field in FIELDS.values()
    for name in field.operators
}


# Other names of operators, whose closest match would be another operator or even the opposite.
_MEANT = {
    **dict.fromkeys(("is", "equal", "equals", "equalto", "exactly", "like"), "eq"),
    **dict.fromkeys(
        ("min", "minimum", "from", "ge", "least", "atleast", "since", "greaterorequal"), "gte"
    ),
    **dict.fromkeys(("greaterthanorequal", "greaterthanequal", ">"), "gte"),
    **dict.fromkeys(
        ("max", "maximum", "to", "le", "most", "atmost", "until", "upto", "lessorequal"), "lte"
    ),
    **dict.fromkeys(("lessthanorequal", "lessthanequal", "<"), "lte"),
    **dict.fromkeys(
        ("over", "above", "more", "morethan", "greaterthan", "after", "higher", "larger"), "gt"
    ),
    **dict.fromkeys(("under", "below", "fewer", "lessthan", "before", "lower", "smaller"), "lt"),
    **dict.fromkeys(("any", "anyof", "oneof", "among", "list"), "in"),
    **dict.fromkeys(("not", "isnot", "isnt", "no", "none", "noneof", "!", "<>"), "ne"),
    **dict.fromkeys(("exclude", "excludes", "excluded", "excluding", "except", "without"), "ne"),
    **dict.fromkeys(("unequal", "inequal", "unlike", "other", "otherthan", "different"), "ne"),
}
# What a negated operator means: `not_less_than`, `nin`. `null` itself takes true or false.
_OPPOSITES = {
    "eq": "ne",
    "ne": "eq",
    "lt": "gte",
    "lte": "gt",
    "gt": "lte",
    "gte": "lt",
    "in": "ne",
    NULL: NULL,
}
# Other names of fields, from files; what is measured in another unit is another field.
_ALIASES = {
    alias.lower(): field.name
    for field in FIELDS.values()
    for alias in field.aliases
    if not any(unit.is_named_by(alias) for unit in field.units)
}
_NEGATION = re.compile(r"(?:is)?n(?:ot|on|o)?(?=..)")
_WORD = re.compile(r"[a-z]+|[<>!]+")
# More words of a key are not compared with the fields, because comparing is slow.
_COMPARED_WORDS = 5

_PARSERS: Mapping[type, Callable[[Any], Parser]] = {
    Identity: lambda _kind: parse_uuid,
    Integer: lambda _kind: parse_integer,
    Degrees: lambda kind: partial(parse_degrees, most=kind.most),
    Text: lambda kind: partial(parse_words, kind=kind),
    Address: lambda kind: partial(parse_words, kind=kind),
    Date: lambda _kind: parse_date,
}

# A filter may compare with integers that the column cannot hold.
_OPERAND_SCHEMAS: Mapping[type, JsonSchema] = {
    Integer: {"minimum": -MAX_INTEGER, "maximum": MAX_INTEGER},
    Text: {"minLength": 1},
    Address: {"minLength": 1},
}


def parser_of(kind: Kind) -> Parser:
    """Return the parser of a kind of value; it raises ValueError."""
    return _PARSERS[type(kind)](kind)


def _folding_parser(kind: Text) -> Parser:
    parse = parser_of(kind)
    return lambda text: kind.compared(str(parse(text)))


def _operand_parser(field: str, operator_name: str) -> Callable[[str], Operand]:
    takes = OPERATORS[operator_name].takes
    if takes is Takes.FLAG:
        return parse_flag
    kind = FIELDS[field].kind
    parse = _folding_parser(kind) if isinstance(kind, Text) and kind.is_folded else parser_of(kind)
    return partial(parse_list, parse=parse) if takes is Takes.LIST else parse


# Read what each filter compares a field with: one value, a list, or a flag.
OPERAND_PARSERS: Mapping[str, Callable[[str], Operand]] = {
    key: _operand_parser(*names) for key, names in FILTER_KEYS.items()
}


def operand_schema(field: Field, operator_name: str) -> JsonSchema:
    """Describe an operand as JSON Schema."""
    takes = OPERATORS[operator_name].takes
    if takes is Takes.FLAG:
        return {"type": "boolean"}
    one = {**field.kind.schema, **_OPERAND_SCHEMAS.get(type(field.kind), {})}
    if takes is Takes.LIST:
        return {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_LIST}
    return one


def usable_filters(key: str) -> str:
    """Say which operators the field of an unknown filter has, or else which fields there are."""
    name = key.partition("__")[0]
    if name in FIELDS:
        return f"operators of {name} are {', '.join(FIELDS[name].operators)}"
    return f"fields are {', '.join(FIELDS)}"


def names_field(key: str) -> bool:
    """Return whether a word of a key is a field, or the key what imported files call a field."""
    key = key.lower()
    return key.partition("__")[0] in _ALIASES or not FIELDS.keys().isdisjoint(
        re.findall("[a-z]+", key)
    )


def suggest_filter_key(key: str) -> str | None:
    """Guess which filter was meant, but never one with the opposite meaning."""
    field, rest = _field_meant(key.lower())
    if field is None:
        return None
    word, known = "".join(_WORD.findall(rest)), FIELDS[field].operators
    meant = _operator_meant(word) if word else "eq"
    if meant not in known and meant not in {None, "ne"}:
        meant = "eq"
    return f"{field}__{meant}" if meant in known else None


def _field_meant(key: str) -> tuple[str | None, str]:
    """Return the named or closest field, and the rest of the key."""
    for name in FIELDS:
        if named := re.search(rf"(?<![a-z]){name}(?![a-z])", key):
            return name, f"{key[: named.start()]}_{key[named.end() :]}"
    spelt, separator, rest = key.partition("__")
    if not separator:
        words = _WORD.findall(key)[:_COMPARED_WORDS]
        spelt = next(filter(_closest_field, words), key)
        rest = key.replace(spelt, "", 1)
    return _closest_field(spelt), rest


def _closest_field(word: str) -> str | None:
    return _ALIASES.get(word) or closest(word, FIELDS)


def _operator_meant(word: str) -> str | None:
    if word in OPERATORS:
        return word
    if word in _MEANT:
        return _MEANT[word]
    if negation := _NEGATION.match(word):
        return _OPPOSITES.get(_operator_meant(word[negation.end() :]) or "")
    return closest(word, OPERATORS, 0.5)
