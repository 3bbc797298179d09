"""How text becomes the words of a search."""

import pytest

from rentomatic.domain.words import MAX_WORD
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_list import build_room_list_request
from rentomatic.requests.search_words import MAX_WORDS, parse_search_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("garden", ("garden",)),
        (" Garden\tBALCÓN garden ", ("balcon", "garden")),
        ("l'Hospitalet", ("hospitalet", "l")),
        ("新宿3丁目", ("新宿3丁目",)),
        ("a" * MAX_WORD, ("a" * MAX_WORD,)),
        (" ".join(map(str, range(100, 100 + MAX_WORDS))), tuple(map(str, range(100, 120)))),
    ],
)
def test_words_are_folded_and_sorted(text: str, words: tuple[str, ...]) -> None:
    """So that the same words are the same search."""
    assert parse_search_words(text) == words


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be words such as balcony garden, not ''"),
        (" \n", "must be words such as balcony garden, not ' \\n'"),
        ("...", "must be words such as balcony garden; no letter or digit is in '...'"),
        ("piso & ❤️ &", "must be words such as balcony garden; no letter or digit is in '&', '❤️'"),
        ("\u0301", "no letter or digit is in"),
        ("a\0b", "must be words in UTF-8 without NUL, not 'a\\x00b'"),
        ("\ud800", "must be words in UTF-8 without NUL"),
        ("a " * 21, "must be at most 20 words, not 21"),
        ("-".join("a" * 21), "must be at most 20 words, not 21"),
        ("ß" * 51, "must be words of at most 100 characters; "),
    ],
)
def test_text_without_words_is_an_error(text: str, message: str) -> None:
    """It says what is wrong and what would be right."""
    request = build_room_list_request(q=text)
    assert isinstance(request, InvalidRequest)
    (error,) = request.errors
    assert error.parameter == "q"
    assert message in error.message
