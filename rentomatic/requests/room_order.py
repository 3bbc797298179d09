"""The order of rooms."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from rentomatic.domain.room import FIELDS
from rentomatic.requests.parsers import closest, shown_name
from rentomatic.requests.room_fields import DISTANCE

# The number that the repository gave a room when it was added.
ADDED = "added"
CODE = "code"
SORT_NAMES = (*(name for name, field in FIELDS.items() if field.kind.is_sorted), DISTANCE)

# Other spellings of directions: at the end, or as a word.
_DIRECTION = re.compile(r"(?<![a-z])(?:a|de)sc(?:ending)?(?![a-z])|(?:a|de)sc(?:ending)?$")
_DESCENDING = re.compile(r"(?<![a-z])desc(?:ending)?(?![a-z])|desc(?:ending)?$|-1?$")
_LEADING_MINUS = re.compile(r"-(?!-)")

# The type of each key's values.
KEY_TYPES: dict[str, type] = {
    ADDED: int,
    **{name: FIELDS[name].kind.type for name in SORT_NAMES if name != DISTANCE},
    DISTANCE: float,
}


@dataclass(frozen=True, slots=True)
class SortKey:
    """What rooms are ordered by: a field, DISTANCE, or ADDED."""

    name: str
    descending: bool = False

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name


Order = tuple[SortKey, ...]

# The position of a room in an order: its value of each key, None if it is missing.
Position = tuple[UUID | int | float | str | date | None, ...]

BY_ADDING: Order = (SortKey(ADDED),)


class UnknownKeyError(ValueError):
    """Not a sort key; `suggestion` is what was probably meant, if anything is close."""

    def __init__(self, name: str, suggestion: str | None) -> None:
        known = "" if suggestion else f"; use {', '.join(SORT_NAMES)}"
        super().__init__(f"{shown_name(name)} is not a sort key{known}")
        self.suggestion = suggestion


def ranked(name: str, value: Any) -> Any:  # noqa: ANN401 - each key has a type of its own
    """Return what rooms are sorted by: of text, the folded text."""
    return value if value is None or name not in FIELDS else FIELDS[name].kind.ranked(value)


def parse_sort(text: str) -> Order:
    """Read sort keys, `price,-size`; the last is unique, so that the order is total.

    Raises:
        ValueError: for a repeated key; UnknownKeyError for an unknown one.
    """
    keys: list[SortKey] = []
    for part in text.split(","):
        name = part.removeprefix("-")
        if name not in SORT_NAMES:
            raise UnknownKeyError(name, _suggest(part, keys))
        if name in [key.name for key in keys]:
            raise ValueError(f"{name} is given more than once")
        keys.append(SortKey(name, part.startswith("-")))
    return _total(keys)


def _suggest(part: str, before: list[SortKey]) -> str | None:
    """Guess which key and direction were meant, in any spelling: `price:desc`."""
    text = part.lower()
    name = _DIRECTION.sub("", text).strip(" -+.:;()_1")
    # Some frameworks make the direction a separate item: `price,desc`.
    is_direction = bool(before) and _DIRECTION.fullmatch(text) is not None
    nearest = before[-1].name if is_direction else closest(name, SORT_NAMES)
    is_descending = bool(_DESCENDING.search(text)) or _LEADING_MINUS.match(text) is not None
    return str(SortKey(nearest, is_descending)) if nearest else None


def _total(keys: list[SortKey]) -> Order:
    """End an order in the code, in the direction of its last key."""
    names = [key.name for key in keys]
    if CODE in names:
        return tuple(keys[: names.index(CODE) + 1])
    return (*keys, SortKey(CODE, keys[-1].descending))
