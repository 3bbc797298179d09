r"""Strict parsers.

Python's own are too lenient for a public interface: `int` accepts `1_000`, ` 12\n` and the digits
of other scripts, `float` accepts `nan`, and `UUID` accepts hyphens anywhere.
Every parser raises ValueError with a message that continues after the parameter's name.
"""

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import TypeVar
from uuid import UUID

from rentomatic.domain.kinds import Kind
from rentomatic.domain.room import COORDINATES, MAX_LONGITUDE

MAX_LIST = 100

T = TypeVar("T")

# A list as text, with commas, or as the values themselves.
ListText = str | Sequence[str | float]

MAX_DIGITS = 18  # any number with this many fits a bigint
MAX_INTEGER = 10**MAX_DIGITS - 1
_EXPONENT = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,40})?[eE]([+-]?[0-9]{1,3})")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,400})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HEX = "[0-9a-fA-F]"
_HYPHENATED = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_UUID = re.compile(rf"{_HEX}{{32}}|(?i:urn:uuid:)?{_HYPHENATED}|\{{{_HYPHENATED}\}}")
_SHOWN = 40


def shown(text: str) -> str:
    """Quote the text that was given, shortened to fit on a line."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def shown_name(text: str) -> str:
    """Return the name that was given, quoted if it could break a line or mislead."""
    return text if text.isprintable() and 0 < len(text) <= _SHOWN else shown(text)


def is_utf8(text: str) -> bool:
    """Return whether text was UTF-8; other bytes have been decoded as lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def closest(text: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Guess which known name was meant; never for long text, where guessing is slow."""
    matches = get_close_matches(text, known, n=1, cutoff=cutoff) if len(text) <= _SHOWN else []
    return matches[0] if matches else None


def as_text(value: object) -> str:
    """Write a value as a user would type it, so that callers can pass values too."""
    if isinstance(value, bool):
        return str(value).lower()
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def as_list_text(value: object) -> str:
    """Write a list as a user would type it, and any other value like `as_text`."""
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(_quoted(as_text(each)) for each in value)
    return as_text(value)


def _quoted(text: str) -> str:
    """Quote text that a list would not read as one value."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if "," in text or '"' in text else text


def spell_out(text: str) -> str:
    """Write a number without its exponent; return other text, and too large a number, unchanged.

    Programs write small coordinates as 1e-05.
    """
    number = _EXPONENT.fullmatch(text)
    if not number or int(number[1]) > MAX_DIGITS:
        return text
    return format(Decimal(text), "f")


def parse_integer(text: str) -> int:
    """Read an integer of at most 18 digits."""
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"must be an integer of at most 18 digits such as 60, not {shown(text)}")
    return int(text)


def parse_uuid(text: str) -> UUID:
    """Read a UUID in any of its standard spellings (RFC 9562; braces as Microsoft writes them)."""
    if not _UUID.fullmatch(text):
        raise ValueError(
            f"must be a UUID such as f853578c-fc0f-4e65-81b8-566c5dffa35a, not {shown(text)}"
        )
    return UUID(text)


def parse_date(text: str) -> date:
    """Read a date of ISO 8601, with hyphens."""
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"is not a day of the calendar: {shown(text)}") from None
    raise ValueError(f"must be a date such as 2026-09-01, not {shown(text)}")


def parse_words(text: str, kind: Kind) -> str:
    """Read text of a kind, which must not be empty; return its normal form."""
    if problem := kind.problem(text):
        raise ValueError(f"{problem}, not {shown(text)}")
    if (plain := kind.normal(text)) is None:
        raise ValueError(f"must not be empty, as {shown(text)} is")
    return str(plain)


def parse_flag(text: str) -> bool:
    """Read `true` or `false`."""
    if text not in {"true", "false"}:
        raise ValueError(f"must be true or false, not {shown(text)}")
    return text == "true"


def parse_metres(text: str) -> float:
    """Read a distance."""
    if not _DECIMAL.fullmatch(text) or text.startswith("-"):
        raise ValueError(f"must be a distance in metres such as 2000, not {shown(text)}")
    return float(text)


def parse_degrees(text: str, most: int) -> float:
    """Read a decimal number of degrees from `-most` to `most`; swapped coordinates get a hint."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"must be a decimal number such as 52.23, not {shown(text)}")
    value = float(text)
    if not -most <= value <= most:
        raise ValueError(f"must be from -{most} to {most}, not {shown(text)}{swap_hint(value)}")
    return value


def swap_hint(value: float) -> str:
    """Ask whether coordinates were swapped, if each could be the other."""
    return f"; were {' and '.join(COORDINATES)} swapped?" if abs(value) <= MAX_LONGITUDE else ""


def parse_list(text: str, parse: Callable[[str], T]) -> tuple[T, ...]:
    """Read a list of at most MAX_LIST values: a record of CSV, with quotes around commas."""
    try:
        # A line break would end the record; it is reported as part of a value.
        has_lines = "\n" in text or "\r" in text
        parts = [text] if has_lines else next(csv.reader([text], strict=True)) or [""]
    except csv.Error:
        raise ValueError(
            'must be a list such as a,b or "a,b",c, with quotes around a value with a comma and'
            f" doubled quotes within it, not {shown(text)}"
        ) from None
    if len(parts) > MAX_LIST:
        raise ValueError(f"must be a list of at most {MAX_LIST} values, not of {len(parts)}")
    return tuple(parse(part) for part in parts)
