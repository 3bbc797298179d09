"""The values of an imported file, as people and programs write them."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache, partial
from uuid import UUID, uuid5

from rentomatic.domain.kinds import Date, Degrees, Integer
from rentomatic.domain.room import Field
from rentomatic.formats.json import Number
from rentomatic.requests.parsers import MAX_DIGITS, is_utf8, parse_uuid, shown, spell_out
from rentomatic.requests.room_fields import Parser, Value, parser_of
from rentomatic.requests.room_import import ImportOptions

# What pandas, R, Excel, SQL and people write for a missing value.
_NULL_TEXTS = {
    *("na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nan", "-nan", "nat", "null", "(null)"),
    *("none", "nil", r"\n", "-", "--", "?"),
}

# The root of every `--source`: changing it would give all imported rooms new codes.
_SOURCES = UUID("6c1b4c3e-5a0e-5d58-9f0b-2f6f0a1d9c11")

# Programs that store numbers as floats, as pandas does beside a gap, write whole ones with .0.
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0+)?")
# Whole numbers that they write without an exponent.
_SHORT_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
# As Excel writes numbers of more than 11 digits.
_SHORTENED = re.compile(r"-?[0-9](?:\.[0-9]+)?[eE]\+[0-9]{2,3}")

# What pandas and databases write after a date.
_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?\Z")

_AMOUNT = re.compile(r"[$€£¥]? ?(-?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]{1,18}))(\.[0-9]{1,40})?")
# A thousand in some countries, one in others.
_AMBIGUOUS = re.compile(r"\D*([1-9][0-9]{0,2})([.,])([0-9]{3})")
_SWAPPED = str.maketrans(".,", ",.")
# Smaller numbers are not written as amounts are.
_THOUSAND = 1_000
_EXAMPLES = {".": "$1,200.00", ",": "$1.200,00"}
_COMMA_DECIMAL = "52,23"


def import_parser(field: Field, options: ImportOptions, name: str = "") -> Parser:
    """Return the parser of a field's values in a file; it raises ValueError as every parser does.

    Args:
        field: the field.
        options: how to read the file.
        name: the name of its column, which may say that the values have another unit.
    """
    if field.is_identity:
        return _identity_parser(options)
    if isinstance(field.kind, Integer):
        return _amount_parser(field, options, name)
    if isinstance(field.kind, Degrees):
        return _decimal_parser(field, options)
    parse = parser_of(field.kind)
    if isinstance(field.kind, Date):
        return lambda text: parse(_MIDNIGHT.sub("", text.strip()))
    return lambda text: parse(text.strip())


def reference_parser(field: Field) -> Callable[[str], Value | None]:
    """Return the parser of the identity that `reference` keeps: None for a UUID or no identity."""
    parse = parser_of(field.kind)

    def keep(identity: str) -> Value:
        try:
            return parse(identity)
        except ValueError as problem:
            raise ValueError(f"{problem}, to be kept as the reference") from None

    def read(text: str) -> Value | None:
        try:
            parse_uuid(text.strip())
        except ValueError:
            try:
                identity = identity_of(text)
            except ValueError:
                return None
            # What is wrong with it is reported for the code.
            return keep(identity) if identity and is_utf8(identity) else None
        return None

    return read


def looks_like_no_value(text: str) -> bool:
    """Return whether a program or a person may have written a text for a missing value."""
    return text.strip().casefold() in _NULL_TEXTS


def identity_of(text: str) -> str:
    """Return what a text means as an identity: `7`, `7.0` and the JSON number `7e0` are the same.

    Other text is literal: `12e3` and `007` can be identities.

    Raises:
        ValueError: for a number whose last digits a spreadsheet has dropped.
    """
    is_number, text = isinstance(text, Number), text.strip()
    if _SHORTENED.fullmatch(text):
        raise ValueError(
            f"is a long number that lost its last digits: {shown(text)}; "
            "format the column as text, as Excel shortens numbers, and save it again"
        )
    whole = _WHOLE.fullmatch(spell_out(text) if is_number else text)
    return whole[1] if whole else text


def former_code(text: str, source: str) -> UUID | None:
    """Return the code that earlier releases made of a whole number written with `.0`."""
    identity = identity_of(text)
    return uuid5(_namespace(source), f"{identity}.0") if _SHORT_WHOLE.fullmatch(identity) else None


def _identity_parser(options: ImportOptions) -> Parser:
    namespace = _namespace(options.source) if options.source else None
    advice = "; give --source NAME to make one from it" if options.advises else ""

    def parse(text: str) -> UUID:
        try:
            return parse_uuid(text.strip())
        except ValueError:
            if not (identity := identity_of(text)):
                raise ValueError("is empty") from None
            if looks_like_no_value(identity):
                raise ValueError(f"is {shown(identity)}") from None
            if namespace is None:
                raise ValueError(f"is not a UUID: {shown(text.strip())}{advice}") from None
        return uuid5(namespace, identity)

    return parse


@lru_cache(1)
def _namespace(source: str) -> UUID:
    return uuid5(_SOURCES, source)


def _amount_parser(field: Field, options: ImportOptions, name: str) -> Callable[[str], int]:
    """Return the parser of a whole amount: `1200`, `51.0`, `$1,200.00`.

    A fraction other than zero is refused, or rounded half up if the options say so. If the column's
    name says that it has another unit, the amount is converted and always rounded.
    """
    factor = next((each.factor for each in field.units if each.is_named_by(name)), None)
    advice = "; give --round to round it" if options.advises else ""
    is_small = isinstance(field.kind, Integer) and field.kind.most < _THOUSAND

    def parse(text: str) -> int:
        if factor is None and text.isdigit() and text.isascii() and len(text) <= MAX_DIGITS:
            return int(text)
        try:
            exact = _read_amount(text, options)
        except ValueError:
            if is_small:
                raise ValueError(f"{field.problem(text)}, not {shown(text)}") from None
            raise
        if factor is not None:
            exact *= factor
        rounded = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        if rounded != exact and factor is None and not options.round_integers:
            raise ValueError(f"must be an integer, not {shown(text)}{advice}")
        return rounded

    return parse


def _decimal_parser(field: Field, options: ImportOptions) -> Callable[[str], Value]:
    """Return the parser of a coordinate, which has no separators of thousands: `52.23`, `1e-05`."""
    return partial(_parse_decimal, parser_of(field.kind), options)


def _read_amount(text: str, options: ImportOptions) -> Decimal:
    """Read an amount exactly; an ambiguous one is refused unless the decimal sign is known."""
    is_number = isinstance(text, Number)
    decimal = "." if is_number else options.decimal
    plain = spell_out(text) if is_number else text.strip()
    if decimal == ",":
        plain = plain.translate(_SWAPPED)
    amount = _AMOUNT.fullmatch(plain)
    doubt = "" if decimal else _doubt_about(plain, options)
    if doubt or not amount:
        example = f"1200 or {_EXAMPLES[decimal or '.']}"
        raise ValueError(f"must be an amount such as {example}, not {shown(text)}{doubt}")
    whole, fraction = amount.groups(default="")
    return Decimal(whole.replace(",", "") + fraction)


def _doubt_about(text: str, options: ImportOptions) -> str:
    """Say what an amount may mean, if nothing says what its comma or point is."""
    if thousand := _AMBIGUOUS.fullmatch(text):
        whole, sign, rest = thousand.groups()
        if sign == ".":
            return f", which may mean {whole}{rest}"
        if options.delimiter not in {None, ","}:
            advice = "; give --decimal . or --decimal ," if options.advises else ""
            return f", which may mean {whole}.{rest} or {whole}{rest}{advice}"
    if _AMOUNT.fullmatch(text) or not _AMOUNT.fullmatch(text.translate(_SWAPPED)):
        return ""
    return _decimal_advice(text, options)


def _decimal_advice(text: str, options: ImportOptions) -> str:
    if "," not in text or options.decimal or not options.advises:
        return ""
    return "; give --decimal , if the comma is the decimal sign"


def _parse_decimal(parse: Callable[[str], Value], options: ImportOptions, text: str) -> Value:
    if options.decimal == "," and not isinstance(text, Number):
        return _parse_decimal_comma(parse, text.strip())
    plain = text.strip()
    has_exponent = "e" in plain or "E" in plain
    try:
        return parse(spell_out(plain) if has_exponent else plain)
    except ValueError as problem:
        raise ValueError(f"{problem}{_decimal_advice(plain, options)}") from None


def _parse_decimal_comma(parse: Callable[[str], Value], text: str) -> Value:
    """Read `52,23`; a point is refused, as Excel turns 13.4050 into 134.050 in such files."""
    if "." in text:
        raise ValueError(f"must be a decimal number such as {_COMMA_DECIMAL}, not {shown(text)}")
    plain = spell_out(text.replace(",", "."))
    try:
        return parse(plain)
    except ValueError as problem:
        msg = str(problem).replace(shown(plain), shown(text))
        raise ValueError(msg.replace(_COMMA_DECIMAL.replace(",", "."), _COMMA_DECIMAL)) from None
