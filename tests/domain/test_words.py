"""Which words a text has, and which searches find it."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.domain.folding import fold
from rentomatic.domain.words import (
    IDEOGRAPHS,
    has_words,
    letters,
    make_table,
    needs_more_than_terms,
    terms_of,
    words_of,
)
from rentomatic.resources import PACKAGE, shipped
from tests.scripts import SCRIPTS, terms

TABLE = PACKAGE / "domain" / "letters.txt"
TEXTS = st.text(SCRIPTS, max_size=20)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ático, con TERRAZA!", ["atico", "con", "terraza"]),
        ("L'Hospitalet de Llobregat", ["l", "hospitalet", "de", "llobregat"]),
        ("Αθήνα: κέντρο", ["αθηνα", "κεντρο"]),
        ("ул. Йошкар-Олинская", ["ул", "иошкар", "олинская"]),
        ("شقة في القاهرة، مُدَرِّس", ["شقة", "في", "القاهرة", "مدرس"]),
        ("新宿３丁目・ｶﾞｰﾃﾞﾝ", ["新宿3丁目", "カーテン"]),
        ("दिल्ली में", ["दिलली", "में"]),
        ("❤️Piso 60m²", ["piso", "60m2"]),
        ("-- …", []),
    ],
)
def test_words_are_runs_of_letters_marks_and_digits(text: str, words: list[str]) -> None:
    """Of any script, folded; punctuation and symbols separate them."""
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("searched", "is_found"),
    [
        ("terr", True),
        ("TERRAZA ATI", True),
        ("raza", False),
        ("terraza piscina", False),
        ("terrazas", False),
        ("宿", True),
        ("宿3丁", True),
        ("3丁目", True),
        ("tower", True),
        ("ower", False),
        ("丁目tow", True),
        ("5丁目", False),
        ("宿丁", False),
        ("三丁目", False),
        ("京都", True),
        ("東京都", False),
        ("東京", True),
    ],
)
def test_a_word_is_found_where_one_begins(searched: str, is_found: bool) -> None:  # noqa: FBT001 - an expectation
    """Of Han and kana, which have no spaces, every character begins one, and what follows them."""
    text = "Ático con terraza, 新宿3丁目tower 東京 京都"
    assert has_words(text, words_of(searched)) is is_found


def plainly_has(text: str, word: str) -> bool:
    """Look for a word as its definition says, character by character."""
    for run in words_of(text):
        for start in range(len(run)):
            beside = run[max(0, start - 1) : start + 1]
            if run.startswith(word, start) and (start == 0 or re.search(f"[{IDEOGRAPHS}]", beside)):
                return True
    return False


@given(text=TEXTS, searched=TEXTS)
def test_the_definition_holds(text: str, searched: str) -> None:
    """Marking beginnings finds what looking at each character finds."""
    for word in words_of(searched):
        assert has_words(text, [word]) == plainly_has(text, word)


@given(text=TEXTS, searched=TEXTS)
def test_case_and_accents_do_not_count(text: str, searched: str) -> None:
    """Text in capitals, decomposed, or folded has the same words."""
    words = words_of(searched)
    found = has_words(text, words)
    for other in (
        fold(text),
        unicodedata.normalize("NFD", text),
        unicodedata.normalize("NFC", text),
    ):
        assert has_words(other, words) == found


@given(text=TEXTS, searched=TEXTS)
def test_a_text_with_a_word_has_its_terms(text: str, searched: str) -> None:
    """The index misses nothing, and is enough for a word with a single term."""
    for word in words_of(searched):
        has_all = all(
            any(other.startswith(term) if is_beginning else other == term for other in terms(text))
            for term, is_beginning in terms_of(word)
        )
        assert has_all or not has_words(text, [word])
        if not needs_more_than_terms(word):
            assert has_all == has_words(text, [word])


def test_the_table_is_what_the_command_makes() -> None:
    """A Python with the same Unicode data makes the table that is shipped."""
    folds = (TABLE.parent / "folds.txt").read_text()
    if f"Unicode {unicodedata.unidata_version}:" in folds:
        assert make_table() == TABLE.read_text()


def test_the_migration_has_the_table() -> None:
    """PostgreSQL splits text at the characters at which Python does."""
    migration = (shipped("migrations") / "0010.search-words.sql").read_text()
    assert f"'[^{letters()}]+'" in migration
    assert f"'[{IDEOGRAPHS}]'" in migration
