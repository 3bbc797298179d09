"""The words that a search is for."""

from rentomatic.domain.words import MAX_WORD, words_of
from rentomatic.requests.parsers import is_utf8, shown

MAX_WORDS = 20
EXAMPLE_WORDS = "balcony garden"
_MAX_SHOWN = 3


def parse_search_words(text: str) -> tuple[str, ...]:
    """Read words, folded and in a fixed order, as their order does not matter.

    Raises:
        ValueError: with a message that continues after the parameter's name.
    """
    if "\0" in text or not is_utf8(text):
        raise ValueError(f"must be words in UTF-8 without NUL, not {shown(text)}")
    given = text.split()
    if not given:
        raise ValueError(f"must be words such as {EXAMPLE_WORDS}, not {shown(text)}")
    if empty := [each for each in dict.fromkeys(given) if not words_of(each)]:
        some = ", ".join(map(shown, empty[:_MAX_SHOWN]))
        raise ValueError(f"must be words such as {EXAMPLE_WORDS}; no letter or digit is in {some}")
    words = words_of(text)
    if len(words) > MAX_WORDS:
        raise ValueError(f"must be at most {MAX_WORDS} words, not {len(words)}")
    if long := [each for each in words if len(each) > MAX_WORD]:
        raise ValueError(
            f"must be words of at most {MAX_WORD} characters; {shown(long[0])} has {len(long[0])}"
        )
    return tuple(sorted(set(words)))
