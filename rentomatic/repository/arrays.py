"""Formatting values as PostgreSQL arrays, which is far cheaper than adapting each value."""

from collections.abc import Iterable, Mapping, Sequence

from rentomatic.domain.room import FIELDS, Room


def arrays_of(batch: Sequence[Room]) -> Mapping[str, str]:
    """Format each field of some rooms as an array."""
    return {name: array_of([getattr(room, name) for room in batch]) for name in FIELDS}


def array_of(values: Iterable[object]) -> str:
    """Format values as an array."""
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: object) -> str:
    """Format a value as an element of an array (PostgreSQL manual, section 8.15.6)."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL" if value is None else str(value)
