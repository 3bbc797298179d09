"""The kinds of values of a room's fields: what is valid, and their JSON Schema."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from unicodedata import normalize
from uuid import UUID

from rentomatic.domain.folding import fold

JsonSchema = Mapping[str, Any]

EQUALITY = ("eq", "ne", "in")
COMPARISON = ("eq", "ne", "lt", "lte", "gt", "gte", "in")

# Texts are sorted by this many characters, so that cursors, which contain them, stay short.
MAX_SORTED = 200

MAX_ADDRESS = 2_048
ASSETS = "/assets/"
# The pictures that the service ships, all of them our own work.
PICTURES = (
    "balcony.svg",
    "bedroom.svg",
    "kitchen.svg",
    "living-room.svg",
    "loft.svg",
    "studio.svg",
)

# Every space of Unicode, and the control characters (general category Cc).
_CONTROL = r"\x00-\x1f\x7f-\x9f"
_SPACE = r" \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# Without these, an address can be quoted in HTML, headers and logs.
_OF_ADDRESS = rf'[^{_CONTROL}{_SPACE}<>"`\\]'
# Compatibility characters that stand for `/`, `?`, `#`, `@` or `:`, which end a host (RFC 3986).
_DISGUISED = (
    r"\u2047-\u2049\u2100\u2101\u2105\u2106\u2a74\ufe13\ufe16\ufe55\ufe56\ufe5f\ufe6b"
    r"\uff03\uff0f\uff1a\uff1f\uff20"
)
# A name or an IPv4 address: an offer is not published at an IPv6 address.
_PORT = "(?:[0-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HOST = rf'[^{_CONTROL}{_SPACE}{_DISGUISED}<>"`\\/?#@:\[\]]+(?::{_PORT})?'
_FORBIDDEN = 'spaces, a user name or any of <>"`\\'
# No other escapes: JSON Schema has the regular expressions of ECMAScript.
_PICTURE = f"{ASSETS}(?:{'|'.join(PICTURES)})".replace(".", r"\.")


class Kind(ABC):
    """A kind of value.

    Attributes:
        type: the Python type of its values.
        operators: the names of the operators that compare them.
        is_sorted: whether rooms can be sorted by them.
    """

    type: type
    operators: tuple[str, ...]
    is_sorted: bool = True

    @property
    @abstractmethod
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""

    @abstractmethod
    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid."""

    def normal(self, value: Any) -> Any:  # noqa: ANN401 - each kind has a type of its own
        """Convert a valid value to the form in which every repository returns it.

        Returns:
            None for a value that means that the field is missing.
        """
        return value

    def compared(self, value: Any) -> Any:  # noqa: ANN401
        """Return the form of a value that filters compare."""
        return value

    def ranked(self, value: Any) -> Any:  # noqa: ANN401
        """Return the form of a value that rooms are sorted by."""
        return value


@dataclass(frozen=True)
class Identity(Kind):
    """A UUID."""

    type = UUID
    operators = EQUALITY

    @property
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""
        return {"type": "string", "format": "uuid"}

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid."""
        return None if isinstance(value, UUID) else "must be a UUID"


@dataclass(frozen=True)
class Integer(Kind):
    """An integer from `least` to `most`."""

    least: int
    most: int
    type = int
    operators = COMPARISON

    @property
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid; a `bool` is not valid."""
        if type(value) is int and self.least <= value <= self.most:
            return None
        return f"must be an integer from {self.least} to {self.most}"


@dataclass(frozen=True)
class Degrees(Kind):
    """A finite number of degrees from `-most` to `most`."""

    most: int
    type = float
    operators = COMPARISON

    @property
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""
        return {"type": "number", "minimum": -self.most, "maximum": self.most}

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid; NaN is in no range."""
        if type(value) in {float, int} and -self.most <= value <= self.most:  # type: ignore[operator]
            return None
        return f"must be a number from -{self.most} to {self.most}"

    def normal(self, value: float) -> float:
        """Return a float, as JSON may hold 21, and never -0.0."""
        return float(value) + 0.0


@dataclass(frozen=True)
class Text(Kind):
    """Text of at most `most` characters in NFC, trimmed, without control characters.

    Rooms are sorted by the folded text.

    Attributes:
        most: how many characters it may have.
        operators: the names of the operators that compare it.
        is_sorted: whether rooms can be sorted by it.
        is_folded: whether filters compare it without case and accents, too.
        has_lines: whether it may have line breaks and tabs.
    """

    most: int
    operators: tuple[str, ...] = EQUALITY
    is_sorted: bool = True
    is_folded: bool = False
    has_lines: bool = False
    type = str

    @property
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""
        return {"type": "string", "maxLength": self.most, "pattern": self._pattern}

    @cached_property
    def _pattern(self) -> str:
        lines = r"\t\n\r" if self.has_lines else ""
        control = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f" if lines else _CONTROL
        return f"^[^{control}]*$"

    @cached_property
    def _matches(self) -> Callable[[str], object]:
        return re.compile(self._pattern.removesuffix("$")).fullmatch

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid; empty text means that there is none."""
        if not isinstance(value, str):
            return f"must be text of at most {self.most} characters"
        if _SURROGATES.search(value):
            return "must be text in Unicode, without lone surrogates"
        if not self._matches(value):
            kept = " other than line breaks and tabs" if self.has_lines else ""
            return f"must be text without control characters{kept}"
        if len(_tidy(value)) > self.most:
            return f"must be text of at most {self.most} characters"
        return None

    def normal(self, value: str) -> str | None:
        """Return the text in NFC, trimmed; a line ends in a line feed."""
        return _tidy(value) or None

    def compared(self, value: str) -> str:
        """Return the text, or the folded text."""
        return self.ranked(value) if self.is_folded else value

    def ranked(self, value: str) -> str:
        """Return the beginning of the folded text."""
        return fold(value)[:MAX_SORTED]


@dataclass(frozen=True)
class Address(Kind):
    """The URL of a page or a picture, of at most MAX_ADDRESS characters.

    Attributes:
        schemes: the schemes that it may have.
        operators: the names of the operators that compare it.
        may_be_picture: whether it may be the path of a picture that the service ships. A database
            accepts the path of any, because other releases ship others.
    """

    schemes: tuple[str, ...]
    operators: tuple[str, ...] = EQUALITY
    may_be_picture: bool = False
    is_sorted = False
    type = str

    @property
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""
        return {"type": "string", "maxLength": MAX_ADDRESS, "pattern": f"^(?:{self._pattern})?$"}

    @cached_property
    def _pattern(self) -> str:
        web = rf"(?:{'|'.join(self.schemes)})://{_HOST}(?:[/?#]{_OF_ADDRESS}*)?"
        return f"{web}|{_PICTURE}" if self.may_be_picture else web

    @cached_property
    def _matches(self) -> Callable[[str], object]:
        return re.compile(self._pattern).fullmatch

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid; empty text means that there is none."""
        text = _tidy(value) if isinstance(value, str) else None
        is_unicode = text is not None and not _SURROGATES.search(text)
        if text is not None and is_unicode and (not text or self._matches(text)):
            is_short = len(text) <= MAX_ADDRESS
            return None if is_short else f"must be an address of at most {MAX_ADDRESS} characters"
        begins = " or ".join(f"{each}://" for each in self.schemes)
        pictures = ", ".join(f"{ASSETS}{name}" for name in PICTURES)
        path = f", or one of the paths {pictures}" if self.may_be_picture else ""
        return f"must be an address that begins with {begins}, without {_FORBIDDEN}{path}"

    def normal(self, value: str) -> str | None:
        """Return the address in NFC, trimmed."""
        return _tidy(value) or None


@dataclass(frozen=True)
class Date(Kind):
    """A day of the Gregorian calendar, from the year 1 to 9999 (ISO 8601)."""

    type = date
    operators = COMPARISON

    @property
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""
        return {"type": "string", "format": "date"}

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid."""
        return None if type(value) is date else "must be a date such as 2026-09-01"


def _tidy(text: str) -> str:
    return normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()
