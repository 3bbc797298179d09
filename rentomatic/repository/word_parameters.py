"""Translating the words of a search into parameters of sql/parts/matching_words.sql."""

from collections.abc import Callable, Sequence
from typing import Any

from rentomatic.domain.words import mark_beginnings, needs_more_than_terms, terms_of

WORD_PARAMETERS = ("words", "frequent", "marked", "gathered", "looked_up")

# The index finds rooms by a word about this many times as fast as rooms are looked up.
_TIMES_AS_FREQUENT = 40
# Looking up fewer rooms is always fast.
FEW_ROOMS = 2_000


def word_parameters(words: Sequence[str]) -> dict[str, Any]:
    """Return the parameters that find the rooms with all of these words."""
    patterns = [f"%{mark_beginnings(word)}%" for word in words if needs_more_than_terms(word)]
    return {"words": _query_of(words)} | ({"marked": patterns} if patterns else {})


def planned_words(words: Sequence[str], estimated: Callable[[str], int]) -> dict[str, Any]:
    """Return parameters that override those of `word_parameters` to find a page faster.

    If a word is rare, its rooms are looked up first. The index collects all rooms with a word, even
    if another word leaves few of them, so it is not used for words that are much more frequent than
    the rarest one.

    Args:
        words: the words of the search.
        estimated: returns about how many rooms have a word.
    """
    rooms = {word: estimated(word) for word in words}
    fewest = min(rooms.values(), default=0)
    rare = [word for word in words if rooms[word] <= _TIMES_AS_FREQUENT * fewest]
    frequent = [word for word in words if word not in rare]
    return (
        {"words": _query_of(rare)}
        | ({"frequent": _query_of(frequent)} if frequent else {})
        | ({"gathered": True} if fewest < FEW_ROOMS else {})
    )


def _query_of(words: Sequence[str]) -> str:
    """Return the terms of words as a `tsquery`; letters, marks and digits need no escaping."""
    terms = dict.fromkeys(term for word in words for term in terms_of(word))
    return " & ".join(f"'{term}'{':*' if is_beginning else ''}" for term, is_beginning in terms)
