"""In which order rooms come."""

from dataclasses import dataclass
from uuid import UUID

from rentomatic.requests.parsers import closest, shown_name
from rentomatic.requests.room_fields import DISTANCE, FIELDS

# The place of a room in the order of adding: a number that its repository gave it.
ADDED = "added"
CODE = "code"
SORT_NAMES = (*FIELDS, DISTANCE)

# The type of each key's values.
KEY_TYPES: dict[str, type] = {
    ADDED: int,
    CODE: UUID,
    "size": int,
    "price": int,
    "latitude": float,
    "longitude": float,
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

# Where a room stands in an order: its value of each key.
Position = tuple[UUID | int | float, ...]

BY_ADDING: Order = (SortKey(ADDED),)


def parse_sort(text: str) -> Order:
    """Read sort keys, `price,-size`; they are made to end in a key that no two rooms share."""
    keys: list[SortKey] = []
    for part in text.split(","):
        name = part.removeprefix("-")
        if name not in SORT_NAMES:
            known = f"; it can be {', '.join(SORT_NAMES)}"
            hint = closest(name.lower(), SORT_NAMES)
            told = f"; did you mean {hint}?" if hint else known
            msg = f"cannot be by {shown_name(name)}{told}"
            raise ValueError(msg)
        if name in [key.name for key in keys]:
            msg = f"names {name} more than once"
            raise ValueError(msg)
        keys.append(SortKey(name, part.startswith("-")))
    return _total(keys)


def _total(keys: list[SortKey]) -> Order:
    """End an order in the code, in the direction of its last key; nothing matters after a code."""
    names = [key.name for key in keys]
    if CODE in names:
        return tuple(keys[: names.index(CODE) + 1])
    return (*keys, SortKey(CODE, keys[-1].descending))
