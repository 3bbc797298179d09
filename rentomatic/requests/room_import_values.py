"""The values of an imported file, as people and programs write them."""

import re
from functools import lru_cache
from uuid import UUID, uuid5

from rentomatic.domain.kinds import Integer
from rentomatic.domain.room import Field
from rentomatic.requests.parsers import parse_uuid, shown, spell_out
from rentomatic.requests.room_fields import Parser
from rentomatic.requests.room_import_numbers import Number, amount_parser, decimal_parser
from rentomatic.requests.room_import_options import ImportOptions

# What programs write where there is no value: pandas, R, Excel, SQL, people.
_NULL_TEXTS = {
    *("na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nan", "-nan", "nat", "null", "(null)"),
    *("none", "nil", r"\n", "-", "--", "?"),
}

# The root of every `--source`: changing it would give all imported rooms new codes.
_SOURCES = UUID("6c1b4c3e-5a0e-5d58-9f0b-2f6f0a1d9c11")

# Programs that keep numbers as floats, as pandas does beside a gap, write .0 behind whole ones.
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0+)?")
# Those that they write so, and not with an exponent.
_SHORT_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
# As Excel writes numbers of more than 11 digits.
_SHORTENED = re.compile(r"-?[0-9](?:\.[0-9]+)?[eE]\+[0-9]{2,3}")


def import_parser(field: Field, options: ImportOptions, name: str = "") -> Parser:
    """Give what reads a field's values in a file; it raises ValueError as every parser does.

    Args:
        field: what they are.
        options: how they are read.
        name: of their column, which may say that they have another unit.
    """
    if field.is_identity:
        return _identity_parser(options)
    if isinstance(field.kind, Integer):
        return amount_parser(field, options, name)
    return decimal_parser(field, options)


def looks_like_no_value(text: str) -> bool:
    """Tell whether a program or a person may have meant by a text that there is no value."""
    return text.strip().casefold() in _NULL_TEXTS


def identity_of(text: str) -> str:
    """Give what a text means as an identity: `7`, `7.0` and the JSON number `7e0` are the same.

    Other text is literal: `12e3` and `007` can be identities.

    Raises:
        ValueError: for a number whose last digits a spreadsheet has dropped.
    """
    is_number, text = isinstance(text, Number), text.strip()
    if _SHORTENED.fullmatch(text):
        msg = (
            f"is a long number that lost its last digits: {shown(text)}; "
            "format the column as text, as Excel shortens numbers, and save it again"
        )
        raise ValueError(msg)
    whole = _WHOLE.fullmatch(spell_out(text) if is_number else text)
    return whole[1] if whole else text


def former_code(text: str, source: str) -> UUID | None:
    """Give the code that earlier releases made of a whole number where it was written with `.0`."""
    identity = identity_of(text)
    return uuid5(_namespace(source), f"{identity}.0") if _SHORT_WHOLE.fullmatch(identity) else None


def _identity_parser(options: ImportOptions) -> Parser:
    namespace = _namespace(options.source) if options.source else None
    advice = "; give --source NAME to make one of it" if options.advises else ""

    def parse(text: str) -> UUID:
        try:
            return parse_uuid(text.strip())
        except ValueError:
            if not (identity := identity_of(text)):
                msg = "is empty"
                raise ValueError(msg) from None
            if looks_like_no_value(identity):
                msg = f"is {shown(identity)}"
                raise ValueError(msg) from None
            if namespace is None:
                msg = f"is no UUID: {shown(text.strip())}{advice}"
                raise ValueError(msg) from None
        return uuid5(namespace, identity)

    return parse


@lru_cache(1)
def _namespace(source: str) -> UUID:
    return uuid5(_SOURCES, source)
