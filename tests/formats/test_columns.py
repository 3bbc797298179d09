"""Columns are made once for each set of keys that the objects of a file have."""

from itertools import combinations

from rentomatic.domain.room import OPTIONAL_FIELDS
from rentomatic.formats.columns import Columns, remembered
from rentomatic.requests.room_import import ImportOptions


def count_made(sets: list[tuple[str, ...]]) -> int:
    """Count how often columns are made for sets of keys that come twice, one after the other."""
    made = []

    def make(keys: tuple[str, ...]) -> Columns:
        made.append(keys)
        return Columns(keys, ImportOptions(), "key")

    columns_of = remembered(make)
    for keys in (*sets, *sets):
        assert columns_of(keys) == columns_of(keys)
    return len(made)


def test_rooms_that_lack_different_fields_are_read_without_making_columns_again() -> None:
    """All sets of the optional fields are remembered."""
    fields = OPTIONAL_FIELDS
    sets = [keys for size in range(len(fields) + 1) for keys in combinations(fields, size)]
    assert len(sets) == 2 ** len(fields)
    assert count_made(sets) == len(sets)


def test_few_long_sets_of_keys_are_remembered() -> None:
    """A line may have a million characters of keys, which must not add up."""
    sets = [("x" * 10_000, str(number)) for number in range(100)]
    assert count_made(sets) == 2 * len(sets)
    assert count_made(sets[:10]) == 10
