"""In which order rooms come."""

import re
from dataclasses import dataclass
from uuid import UUID

from rentomatic.domain.room import FIELDS
from rentomatic.requests.parsers import closest, shown_name
from rentomatic.requests.room_fields import DISTANCE

# The place of a room in the order of adding: a number that its repository gave it.
ADDED = "added"
CODE = "code"
SORT_NAMES = (*FIELDS, DISTANCE)

# How others spell directions: at the end, or as a word.
_DIRECTION = re.compile(r"(?<![a-z])(?:a|de)sc(?:ending)?(?![a-z])|(?:a|de)sc(?:ending)?$")
_DESCENDING = re.compile(r"(?<![a-z])desc(?:ending)?(?![a-z])|desc(?:ending)?$|-1?$")
_LEADING_MINUS = re.compile(r"-(?!-)")

# The type of each key's values.
KEY_TYPES: dict[str, type] = {
    ADDED: int,
    **{name: field.kind.type for name, field in FIELDS.items()},
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

# Where a room stands in an order: its value of each key, None for a missing one.
Position = tuple[UUID | int | float | None, ...]

BY_ADDING: Order = (SortKey(ADDED),)


class UnknownKeyError(ValueError):
    """Something that rooms cannot be sorted by.

    Attributes:
        suggestion: what was probably meant; None for a guess that would be out of nothing.
    """

    def __init__(self, name: str, suggestion: str | None) -> None:
        known = "" if suggestion else f"; it can be {', '.join(SORT_NAMES)}"
        super().__init__(f"cannot be by {shown_name(name)}{known}")
        self.suggestion = suggestion


def parse_sort(text: str) -> Order:
    """Read sort keys, `price,-size`; they are made to end in a key that no two rooms share.

    Raises:
        ValueError: for what is none; UnknownKeyError for a name that is none.
    """
    keys: list[SortKey] = []
    for part in text.split(","):
        name = part.removeprefix("-")
        if name not in SORT_NAMES:
            raise UnknownKeyError(name, _suggest(part, keys))
        if name in [key.name for key in keys]:
            msg = f"names {name} more than once"
            raise ValueError(msg)
        keys.append(SortKey(name, part.startswith("-")))
    return _total(keys)


def _suggest(part: str, before: list[SortKey]) -> str | None:
    """Guess which key was meant, in its direction, however others spell that: `price:desc`."""
    text = part.lower()
    name = _DIRECTION.sub("", text).strip(" -+.:;()_1")
    # Some frameworks give the direction as an item of its own: `price,desc`.
    is_alone = bool(before) and _DIRECTION.fullmatch(text) is not None
    nearest = before[-1].name if is_alone else closest(name, SORT_NAMES)
    is_descending = bool(_DESCENDING.search(text)) or _LEADING_MINUS.match(text) is not None
    return str(SortKey(nearest, is_descending)) if nearest else None


def _total(keys: list[SortKey]) -> Order:
    """End an order in the code, in the direction of its last key; nothing matters after a code."""
    names = [key.name for key in keys]
    if CODE in names:
        return tuple(keys[: names.index(CODE) + 1])
    return (*keys, SortKey(CODE, keys[-1].descending))
