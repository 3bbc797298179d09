"""Patterns of LIKE."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.domain.folding import fold
from rentomatic.domain.patterns import is_like, is_pattern, map_literals

LETTERS = st.text("ab%_\\\nß", max_size=6)


@given(text=LETTERS, pattern=LETTERS.filter(is_pattern))
def test_patterns_mean_what_they_mean_in_sql(text: str, pattern: str) -> None:
    """SQLite agrees, with the escape character of PostgreSQL."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("pragma case_sensitive_like = on")
        row = connection.execute(r"select ? like ? escape '\'", (text, pattern)).fetchone()
    assert is_like(text, pattern) == bool(row[0])


def test_no_pattern_is_slow() -> None:
    """Python's regular expressions would try each place for each part."""
    assert not is_like("a" * 5_000, "%a" * 200 + "b")
    assert is_like("ab" * 2_000, "%a" * 200 + "b%b")


@pytest.mark.parametrize(
    ("pattern", "folded"),
    [("Ä%_É", "a%_e"), (r"\%Ä\_", r"\%a\_"), ("\uff05\uff3f", r"\%\_"), ("\\Ä", "a")],
)
def test_only_literals_are_changed(pattern: str, folded: str) -> None:
    """What folding makes of a letter is not a wildcard."""
    assert map_literals(fold, pattern) == folded


def test_a_pattern_has_no_escape_at_its_end() -> None:
    """PostgreSQL raises an error for one."""
    assert is_pattern("a\\\\")
    assert not is_pattern("a\\")
