"""Which rooms a search for words finds.

A word is a run of letters, marks and digits of any script, folded (rentomatic.domain.folding). A
word of a search is found where a word of the text begins with it. Han and kana are written without
spaces, so they are found anywhere in a run, and so is what follows them.

`letters.txt` lists the characters of words as ranges of a regular expression, which Python and
PostgreSQL write in the same way; `python -m rentomatic.domain.words` makes it. Enclosing marks and
variation selectors are not among them, because they follow symbols.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from pathlib import Path

from rentomatic.domain.folding import fold

MAX_WORD = 100

# Scripts without spaces: Han, hiragana and katakana, by their blocks. It does not matter that these
# also contain characters that are not letters.
IDEOGRAPHS = (
    r"\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"
    r"\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)

_TABLE = Path(__file__).with_name("letters.txt")
_CHARACTERS = range(0x110000)
_BMP = 0x10000
_LINE = 100
_SELECTORS = re.compile(r"[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Marks where a word of a search may begin: at a run, or at a part of it that is not Han or kana.
_BEGIN = "|"
_PART = re.compile(rf"[^{IDEOGRAPHS} ]+")
_IDEOGRAPHIC = re.compile(rf"[{IDEOGRAPHS}]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return _letters().findall(fold(text))


def has_words(text: str, words: Collection[str]) -> bool:
    """Return whether a search for these words, as `words_of` returns them, finds a text."""
    marked = _marked(text)
    return all(mark_beginnings(each) in marked for each in words)


@lru_cache(maxsize=10_000)
def _marked(text: str) -> str:
    """Return the words of a text, marked, with spaces between them."""
    return mark_beginnings(" ".join(words_of(text)))


def mark_beginnings(word: str) -> str:
    """Mark where a word of a search may begin in these words; before Han and kana it always may.

    A word is then found in a text if, both marked, the text contains it: `|3丁目` is in
    `新宿|3丁目 |tower`.
    """
    return _PART.sub(rf"{_BEGIN}\g<0>", word)


def terms_of(word: str) -> Iterator[tuple[str, bool]]:
    """Yield the terms that every text with a word has, and whether each is only a prefix of one.

    The terms of a text are its parts without Han and kana, cut to MAX_WORD characters, and, of the
    parts in Han and kana, all pairs of neighbours and the last character.
    """
    yield from ((part, True) for part in _PART.findall(word))
    for part in _IDEOGRAPHIC.findall(word):
        if len(part) == 1:
            yield part, True
        yield from ((part[start : start + 2], False) for start in range(len(part) - 1))


def needs_more_than_terms(word: str) -> bool:
    """Return whether a text may lack a word although it has all of its terms."""
    return len(list(terms_of(word))) > 1


@cache
def _letters() -> re.Pattern[str]:
    return re.compile(f"[{letters()}]+")


@cache
def letters() -> str:
    """Return the characters that words consist of, as ranges of a regular expression."""
    return _TABLE.read_text(encoding="ascii").replace("\n", "")


def make_table() -> str:
    """Return the ranges, from this Python's Unicode data, in lines."""
    ranges: list[list[int]] = []
    for each in _CHARACTERS:
        if _is_letter(chr(each)):
            if ranges and ranges[-1][1] == each - 1:
                ranges[-1][1] = each
            else:
                ranges.append([each, each])
    lines = [""]
    for first, last in ranges:
        spelt = _spell(first) if first == last else f"{_spell(first)}-{_spell(last)}"
        if len(lines[-1] + spelt) > _LINE:
            lines.append("")
        lines[-1] += spelt
    return "\n".join(lines) + "\n"


def _is_letter(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] in "LNM" and kind != "Me" and not _SELECTORS.match(character)


def _spell(character: int) -> str:
    return f"\\u{character:04x}" if character < _BMP else f"\\U{character:08x}"


if __name__ == "__main__":
    _TABLE.write_text(make_table(), encoding="ascii")
