"""Values become the text of PostgreSQL's arrays, which is far cheaper than to adapt each value."""

from collections.abc import Iterable, Mapping, Sequence

from rentomatic.domain.room import FIELDS, Room


def arrays_of(batch: Sequence[Room]) -> Mapping[str, str]:
    """Spell each field of some rooms as one array."""
    return {name: array_of([getattr(room, name) for room in batch]) for name in FIELDS}


def array_of(values: Iterable[object]) -> str:
    """Spell values as one array."""
    return f"{{{','.join(map(_spell, values))}}}"


def _spell(value: object) -> str:
    """Spell a value as an element of an array (PostgreSQL manual, section 8.15.6)."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL" if value is None else str(value)
