"""CQL2 text (OGC 21-065r2): a filter as GIS clients write it, `price < 60 OR bedrooms >= 2`.

The conformance classes are basic CQL2, advanced comparison operators and basic spatial functions:
comparisons of a field with values, AND, OR, NOT, parentheses, BETWEEN, IN, LIKE, IS NULL, TRUE,
FALSE, DATE('…'), TIMESTAMP('…') and S_INTERSECTS(geometry, BBOX(…) or POINT(…)).
"""

from decimal import Decimal

from rentomatic.domain.geography import Box
from rentomatic.domain.room import FIELDS, Field
from rentomatic.requests.boxes import box_of_numbers
from rentomatic.requests.cql2_comparisons import (
    Literal,
    compare,
    is_in_box,
    is_like,
    is_missing,
    is_one_of,
)
from rentomatic.requests.cql2_tokens import CqlError, Kind, Token, tokens_of
from rentomatic.requests.parsers import MAX_LIST, closest
from rentomatic.requests.room_conditions import ALWAYS, NEVER, Condition, all_of, any_of, negated

# GDAL nests one pair of parentheses for each OR. MongoDB's documents are at most 200 deep.
MAX_DEPTH = 80
MAX_VALUES = 200

# The name of a room's place in the text, as in GeoJSON.
GEOMETRY = "geometry"

_SIGNS = {"=": "eq", "<>": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_MIRRORED = {"lt": "gt", "gt": "lt", "lte": "gte", "gte": "lte"}
_DATES = ("DATE", "TIMESTAMP")
_FLAGS = ("TRUE", "FALSE")
_KEYWORDS = {"AND", "OR", "NOT", "BETWEEN", "IN", "LIKE", "ILIKE", "IS", "NULL", *_DATES, *_FLAGS}
_INTERSECTS = "S_INTERSECTS"
_BOXES = ("BBOX", "ENVELOPE")


def parse_cql2(text: str) -> Condition:
    """Parse a filter.

    Raises:
        ValueError: with a message that continues after the parameter's name.
    """
    parser = _Parser(text)
    condition = parser.expression()
    parser.end()
    return condition


class _Parser:
    """Reads tokens from the first to the last; each method reads what its name says."""

    def __init__(self, text: str) -> None:
        self._tokens = list(tokens_of(text))
        self._at = 0
        self._depth = 0
        self._values = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def expression(self) -> Condition:
        parts = [self._conjunction()]
        while self._take_word("OR"):
            parts.append(self._conjunction())
        return any_of(parts)

    def end(self) -> None:
        if self._next.kind is not Kind.END:
            raise self._expected("AND, OR or the end")

    def _conjunction(self) -> Condition:
        parts = [self._factor()]
        while self._take_word("AND"):
            parts.append(self._factor())
        return all_of(parts)

    def _factor(self) -> Condition:
        return negated(self._primary()) if self._take_word("NOT") else self._primary()

    def _primary(self) -> Condition:
        if self._is_sign("("):
            return self._in_parentheses()
        if self._next.is_word(*_FLAGS):
            return ALWAYS if self._take().is_word("TRUE") else NEVER
        if self._next.is_word(_INTERSECTS):
            return self._intersection()
        return self._mirrored() if self._is_value() else self._predicate()

    def _in_parentheses(self) -> Condition:
        opening = self._take_sign("(")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CqlError(f"parentheses are nested more than {MAX_DEPTH} deep", opening.place)
        condition = self.expression()
        self._take_sign(")")
        self._depth -= 1
        return condition

    def _predicate(self) -> Condition:
        """Read a comparison that begins with a field."""
        field = self._field()
        if self._take_word("IS"):
            is_negated = self._take_word("NOT")
            self._need_word("NULL")
            condition = is_missing(field)
            return negated(condition) if is_negated else condition
        if operator := self._take_operator():
            return compare(field, operator, self._literal())
        is_negated = self._take_word("NOT")
        condition = self._advanced(field, "" if is_negated else "=, <>, <, <=, >, >=, IS, ")
        return negated(condition) if is_negated else condition

    def _advanced(self, field: Field, others: str) -> Condition:
        # GDAL sends ILIKE, which is not CQL2.
        if self._next.is_word("LIKE", "ILIKE"):
            is_folded = self._take().is_word("ILIKE")
            return is_like(field, self._literal(), is_folded=is_folded)
        if self._take_word("BETWEEN"):
            low = compare(field, "gte", self._literal())
            self._need_word("AND")
            return all_of([low, compare(field, "lte", self._literal())])
        if not self._take_word("IN"):
            raise self._expected(f"{others}BETWEEN, IN or LIKE")
        place = self._take_sign("(").place
        literals = [self._literal()]
        while self._is_sign(","):
            self._take()
            literals.append(self._literal())
        self._take_sign(")")
        if len(literals) > MAX_LIST:
            raise CqlError(f"a list must have at most {MAX_LIST} values", place)
        return is_one_of(field, literals)

    def _mirrored(self) -> Condition:
        """Read a comparison that begins with a value: 60 > price."""
        literal = self._literal()
        if not (operator := self._take_operator()):
            raise self._expected("=, <>, <, <=, > or >=")
        return compare(self._field(), _MIRRORED.get(operator, operator), literal)

    def _field(self) -> Field:
        if self._next.kind not in {Kind.NAME, Kind.WORD} or self._next.is_word(*_KEYWORDS):
            raise self._expected("a field or (")
        token = self._take()
        if token.text in FIELDS:
            return FIELDS[token.text]
        if self._is_sign("("):
            raise CqlError(f"{token} is not a function; {_INTERSECTS} is one", token.place)
        if token.text == GEOMETRY:
            raise CqlError(f"{GEOMETRY} can only be compared by {_INTERSECTS}", token.place)
        hint = closest(token.text.lower(), FIELDS)
        right = f"did you mean {hint}?" if hint else f"fields are {', '.join(FIELDS)}"
        raise CqlError(f"{token} is not a field; {right}", token.place)

    def _literal(self) -> Literal:
        self._values += 1
        if self._values > MAX_VALUES:
            raise CqlError(f"there are more than {MAX_VALUES} values", self._next.place)
        if not self._is_value():
            raise self._expected("a number, text in single quotes, or a date DATE('2026-09-01')")
        token = self._take()
        if token.kind is Kind.NUMBER:
            return Literal(Decimal(token.text), token.place)
        if token.is_word(*_FLAGS):
            return Literal(token.is_word("TRUE"), token.place)
        if token.kind is Kind.TEXT:
            return Literal(token.text, token.place)
        self._take_sign("(")
        if self._next.kind is not Kind.TEXT:
            raise self._expected("a date in single quotes")
        text = self._take().text
        self._take_sign(")")
        return Literal(text, token.place, is_date=True)

    def _intersection(self) -> Condition:
        self._take()
        self._take_sign("(")
        if self._next.text != GEOMETRY:
            raise self._expected(GEOMETRY)
        self._take()
        self._take_sign(",")
        box = self._box()
        self._take_sign(")")
        return is_in_box(box)

    def _box(self) -> Box:
        shape = self._take()
        is_point = shape.is_word("POINT")
        if not is_point and not shape.is_word(*_BOXES):
            raise CqlError(f"BBOX or POINT is expected, not {shape}", shape.place)
        self._take_sign("(")
        numbers = [self._coordinate()]
        if is_point:
            numbers = 2 * [numbers[0], self._coordinate()]
        while not is_point and self._is_sign(","):
            self._take()
            numbers.append(self._coordinate())
        self._take_sign(")")
        try:
            return box_of_numbers(numbers)
        except ValueError as problem:
            raise CqlError(f"{shape.text.upper()} {problem}", shape.place) from None

    def _coordinate(self) -> float:
        if self._next.kind is not Kind.NUMBER:
            raise self._expected("a number of degrees")
        return float(self._take().text)

    def _is_value(self) -> bool:
        is_plain = self._next.kind in {Kind.NUMBER, Kind.TEXT}
        return is_plain or self._next.is_word(*_DATES, *_FLAGS)

    def _is_sign(self, sign: str) -> bool:
        return self._next.kind is Kind.SIGN and self._next.text == sign

    def _take(self) -> Token:
        token = self._next
        # The END is never passed.
        self._at += token.kind is not Kind.END
        return token

    def _take_operator(self) -> str | None:
        is_operator = self._next.kind is Kind.SIGN and self._next.text in _SIGNS
        return _SIGNS[self._take().text] if is_operator else None

    def _take_word(self, word: str) -> bool:
        return self._next.is_word(word) and self._take() is not None

    def _need_word(self, word: str) -> None:
        if not self._take_word(word):
            raise self._expected(word)

    def _take_sign(self, sign: str) -> Token:
        if not self._is_sign(sign):
            raise self._expected(sign)
        return self._take()

    def _expected(self, what: str) -> CqlError:
        return CqlError(f"{what} is expected, not {self._next}", self._next.place)
