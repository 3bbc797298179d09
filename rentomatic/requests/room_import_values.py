"""The values of an imported file, as people and programs write them."""

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid5

from rentomatic.requests.parsers import (
    parse_amount,
    parse_integer,
    parse_uuid,
    shown,
    spell_out,
)
from rentomatic.requests.room_fields import Field, Value
from rentomatic.requests.room_import_options import ImportOptions

Parser = Callable[[str], Value]

# The root of every `--source`: changing it would give all imported rooms new codes.
_SOURCES = UUID("6c1b4c3e-5a0e-5d58-9f0b-2f6f0a1d9c11")


def import_parser(field: Field, options: ImportOptions) -> Parser:
    """Give what reads a field's values in a file; it raises ValueError as every parser does."""
    if field.parse is parse_uuid:
        return _identity_parser(options)
    if field.parse is parse_integer:
        advice = "; give --round to round it" if options.advises else ""
        return partial(parse_amount, round_it=options.round_integers, advice=advice)
    return partial(_parse_decimal, field.parse)


def _parse_decimal(parse: Parser, text: str) -> Value:
    text = text.strip()
    try:
        return parse(text)
    except ValueError:
        return parse(spell_out(text))


def _identity_parser(options: ImportOptions) -> Parser:
    namespace = uuid5(_SOURCES, options.source) if options.source else None
    advice = "; give --source NAME to make one of it" if options.advises else ""

    def parse(text: str) -> UUID:
        text = text.strip()
        try:
            return parse_uuid(text)
        except ValueError:
            if not text:
                msg = "is empty"
                raise ValueError(msg) from None
            if namespace is None:
                msg = f"is no UUID: {shown(text)}{advice}"
                raise ValueError(msg) from None
        return uuid5(namespace, text)

    return parse
