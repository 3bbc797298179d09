"""The tokens of CQL2 text (OGC 21-065r2, annex B)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from rentomatic.requests.parsers import shown


class Kind(Enum):
    """What a token is."""

    NUMBER = auto()
    TEXT = auto()
    NAME = auto()
    WORD = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A part of the text.

    Attributes:
        text: of a TEXT or a NAME in quotes, what is in them; of a WORD, as it is written.
        place: the number of its first character, from 1.
    """

    kind: Kind
    text: str
    place: int

    def is_word(self, *words: str) -> bool:
        """Return whether it is one of these keywords, in any case."""
        return self.kind is Kind.WORD and self.text.upper() in words

    def __str__(self) -> str:
        return "the end" if self.kind is Kind.END else shown(self.text)


class CqlError(ValueError):
    """Says what is wrong at a place of the text, and what would be right."""

    def __init__(self, message: str, place: int) -> None:
        super().__init__(f"is wrong at character {place}: {message}")


_TOKEN = re.compile(
    r"""(?P<NUMBER>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?(?![\w.]))
    |'(?P<TEXT>(?:[^']|'')*+)'
    |"(?P<NAME>(?:[^"]|"")++)"
    |(?P<WORD>[^\W\d][\w.:]*)
    |(?P<SIGN><>|<=|>=|[<>=(),])""",
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_QUOTES = {Kind.TEXT: "'", Kind.NAME: '"'}


def tokens_of(text: str) -> Iterator[Token]:
    """Yield the tokens of a text; the last one is its END."""
    at = _SPACE.match(text).end()  # type: ignore[union-attr]  # it always matches
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found or not found.lastgroup:
            raise CqlError(_unknown(text[at:]), at + 1)
        kind = Kind[found.lastgroup]
        quote = _QUOTES.get(kind, "")
        yield Token(kind, found[kind.name].replace(2 * quote, quote) if quote else found[0], at + 1)
        at = _SPACE.match(text, found.end()).end()  # type: ignore[union-attr]
    yield Token(Kind.END, "", at + 1)


def _unknown(rest: str) -> str:
    if rest[0] in _QUOTES.values():
        return f"the text has no closing {rest[0]}; a {rest[0]} within it is doubled"
    if rest[0].isdecimal() or rest[0] in "+-.":
        return f"a number must be such as 60, -0.5 or 1e3, not {shown(rest)}"
    return f"{shown(rest[0])} has no meaning here"
