"""Text without case and accents, the same in Python and, through migration 0007, in SQL.

Folding is NFKD without combining marks, case-folded (Unicode Standard Annex #15; The Unicode
Standard, section 3.13), done by a table of characters, because the Unicode data of Python and of
PostgreSQL, and what `lower()` does, differ from release to release. `folds.txt` is that table;
`python -m rentomatic.domain.folding` makes it. Characters that Unicode has added since stay as they
are, as do letters without a decomposition, such as ø and ł.
"""

import unicodedata
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("folds.txt")
_CHARACTERS = range(0x110000)
# Hangul syllables decompose by arithmetic (The Unicode Standard, section 3.12), in any release.
_HANGUL = range(0xAC00, 0xD7A4)
_SURROGATES = range(0xD800, 0xE000)


def fold(text: str) -> str:
    """Return text without case and accents; folding it again changes nothing."""
    return text.lower() if text.isascii() else text.translate(_folds())


@cache
def _folds() -> dict[int, str]:
    folds = {each: unicodedata.normalize("NFKD", chr(each)) for each in _HANGUL}
    for line in _TABLE.read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            character, *folded = (int(number, 16) for number in line.split())
            folds[character] = "".join(map(chr, folded))
    return folds


def make_table() -> str:
    """Return the table, one line per character that folding changes, from this Python's data."""
    lines = [f"# Unicode {unicodedata.unidata_version}: a character, and what it is folded to"]
    for each in _CHARACTERS:
        if each not in _HANGUL and each not in _SURROGATES:
            folded = _fold_by_data(chr(each))
            if folded != chr(each):
                lines.append(" ".join(f"{ord(one):04X}" for one in (chr(each), *folded)))
    return "\n".join(lines) + "\n"


def _fold_by_data(text: str) -> str:
    """Fold until nothing changes: the result of case folding may have a decomposition."""
    plain = (
        each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each)
    )
    folded = "".join(plain).casefold()
    return text if folded == text else _fold_by_data(folded)


if __name__ == "__main__":
    _TABLE.write_text(make_table(), encoding="ascii")
