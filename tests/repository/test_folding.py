"""Text is folded in the same way in Python and in every release of PostgreSQL."""

import json
import unicodedata
from collections.abc import Iterator, Sequence

import psycopg
import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.domain.folding import fold, make_table
from rentomatic.resources import PACKAGE, shipped
from tests.conftest import REPOSITORIES

# PostgreSQL has no NUL; surrogates are no characters.
CHARACTERS = [chr(each) for each in range(1, 0x110000) if not 0xD800 <= each < 0xE000]
POSTGRES = [name for name in REPOSITORIES if name.startswith("postgres")]
TABLE = PACKAGE / "domain" / "folds.txt"


def batched(items: Sequence[str], size: int) -> Iterator[str]:
    """Join items, a number of them at a time."""
    return ("".join(items[start : start + size]) for start in range(0, len(items), size))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Größe", "grosse"),
        ("Café Ñandú", "cafe nandu"),
        ("Ἀθῆναι", "αθηναι"),
        ("Йошкар-Ола", "иошкар-ола"),
        ("İstanbul", "istanbul"),
        ("ｶﾞｰﾃﾞﾝ", "カーテン"),
        ("مُدَرِّس", "مدرس"),
        ("ﬁne ⅷ", "fine viii"),
        ("Łódź", "łodz"),
    ],
)
def test_case_and_accents_do_not_count(text: str, folded: str) -> None:
    """Latin, Greek, Cyrillic, Japanese and Arabic text; a letter without decomposition stays."""
    assert fold(text) == folded


def test_folding_twice_changes_nothing() -> None:
    """What is folded is its own folding."""
    assert [each for each in CHARACTERS if fold(fold(each)) != fold(each)] == []


def test_table_is_what_the_command_makes() -> None:
    """A Python with the same Unicode data makes the table that is shipped."""
    shipped_table = TABLE.read_text()
    if f"Unicode {unicodedata.unidata_version}:" in shipped_table:
        assert make_table() == shipped_table


def test_migration_has_the_table() -> None:
    """PostgreSQL's function has the table that Python reads."""
    lines = [line.split() for line in TABLE.read_text().splitlines() if line[0] != "#"]
    table = {chr(int(one, 16)): "".join(chr(int(n, 16)) for n in folded) for one, *folded in lines}
    written = json.dumps(table, separators=(",", ":")).replace("'", "''")
    assert written in (shipped("migrations") / "0007.fold-text.sql").read_text()


@pytest.mark.parametrize("name", POSTGRES)
def test_postgresql_folds_as_python_does(name: str, request: pytest.FixtureRequest) -> None:
    """Every character, among others."""
    database: PostgresDatabase = request.getfixturevalue(f"{name.removeprefix('postgres_')}_rooms")
    with psycopg.connect(database.url) as connection:
        for given in batched(CHARACTERS, 1_000):
            found = connection.execute("select fold_text(%s::text)", [given]).fetchone()
            assert found == (fold(given),)
