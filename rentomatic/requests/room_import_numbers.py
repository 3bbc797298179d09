"""The numbers of an imported file, as people and programs write them."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from rentomatic.domain.room import Field
from rentomatic.requests.parsers import MAX_DIGITS, shown, spell_out
from rentomatic.requests.room_fields import Value, parser_of
from rentomatic.requests.room_import_options import ImportOptions

_AMOUNT = re.compile(r"[$€£¥]? ?(-?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]{1,18}))(\.[0-9]{1,40})?")
# A thousand in some countries, one in others.
_AMBIGUOUS = re.compile(r"\D*([1-9][0-9]{0,2})([.,])([0-9]{3})")
_SWAPPED = str.maketrans(".,", ",.")
_EXAMPLES = {".": "$1,200.00", ",": "$1.200,00"}
_COMMA_DECIMAL = "52,23"


class Number(str):
    """A number of JSON, as it is spelt there; text of JSON is plain `str`."""

    __slots__ = ()


_JSON_NAMES = {
    Number: "a number",
    str: "text",
    bool: "true or false",
    type(None): "null",
    list: "an array",
    dict: "an object",
}


def json_name(value: object) -> str:
    """Give the name of a value's kind in JSON."""
    return _JSON_NAMES[type(value)]


def amount_parser(field: Field, options: ImportOptions, name: str) -> Callable[[str], int]:
    """Give what reads a whole amount: `1200`, `51.0`, `$1,200.00`.

    A fraction other than zero is refused, or rounded half up where the options say so. Where the
    column's name says that its unit is another one, the amount is converted and always rounded.
    """
    factor = next((each.factor for each in field.units if each.is_named_by(name)), None)
    advice = "; give --round to round it" if options.advises else ""

    def parse(text: str) -> int:
        if factor is None and text.isdigit() and text.isascii() and len(text) <= MAX_DIGITS:
            return int(text)
        exact = _read_amount(text, options)
        if factor is not None:
            exact *= factor
        rounded = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        if rounded != exact and factor is None and not options.round_integers:
            msg = f"must be an integer, not {shown(text)}{advice}"
            raise ValueError(msg)
        return rounded

    return parse


def decimal_parser(field: Field, options: ImportOptions) -> Callable[[str], Value]:
    """Give what reads a coordinate, which has no separators of thousands: `52.23`, `1e-05`."""
    return partial(_parse_decimal, parser_of(field.kind), options)


def _read_amount(text: str, options: ImportOptions) -> Decimal:
    """Read an amount exactly; one that can mean two is refused unless the decimal sign is known."""
    is_number = isinstance(text, Number)
    decimal = "." if is_number else options.decimal
    plain = spell_out(text) if is_number else text.strip()
    if decimal == ",":
        plain = plain.translate(_SWAPPED)
    amount = _AMOUNT.fullmatch(plain)
    doubt = "" if decimal else _doubt_about(plain, options)
    if doubt or not amount:
        example = f"1200 or {_EXAMPLES[decimal or '.']}"
        msg = f"must be an amount such as {example}, not {shown(text)}{doubt}"
        raise ValueError(msg)
    whole, fraction = amount.groups(default="")
    return Decimal(whole.replace(",", "") + fraction)


def _doubt_about(text: str, options: ImportOptions) -> str:
    """Say what an amount may mean where nobody said what its comma or point is."""
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
    try:
        return parse(spell_out(plain) if "e" in plain.lower() else plain)
    except ValueError as problem:
        msg = f"{problem}{_decimal_advice(plain, options)}"
        raise ValueError(msg) from None


def _parse_decimal_comma(parse: Callable[[str], Value], text: str) -> Value:
    """Read `52,23`; a point is not passed over, as Excel makes 134.050 of 13.4050 in such files."""
    if "." in text:
        msg = f"must be a decimal number such as {_COMMA_DECIMAL}, not {shown(text)}"
        raise ValueError(msg)
    plain = spell_out(text.replace(",", "."))
    try:
        return parse(plain)
    except ValueError as problem:
        msg = str(problem).replace(shown(plain), shown(text))
        raise ValueError(msg.replace(_COMMA_DECIMAL.replace(",", "."), _COMMA_DECIMAL)) from None
