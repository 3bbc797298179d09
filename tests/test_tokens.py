"""Tokens: random, known by their digests alone."""

from hashlib import sha256

import pytest

from rentomatic.tokens import (
    digest_of,
    new_token,
    owner_of,
    parse_tokens,
    token_line,
    write_tokens,
)


def test_a_token_is_long_and_random() -> None:
    """256 bits, in characters that a header and a shell take as they are."""
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(each) >= 43 and each.replace("-", "_").isidentifier() for each in tokens)


def test_only_its_digest_is_configured() -> None:
    """SHA-256, from which nobody finds the token."""
    assert digest_of("a") == sha256(b"a").hexdigest()
    assert token_line("office", "a") == f"office:{sha256(b'a').hexdigest()}"


def test_each_token_has_its_owner() -> None:
    """What is not one of them has none, its digest neither."""
    tokens = parse_tokens(f"{token_line('office', 'a')},{token_line('portal', 'b')}")
    assert [owner_of(each, tokens) for each in ("a", "b", "c", "", digest_of("a"))] == [
        *("office", "portal", None, None, None)
    ]


@pytest.mark.parametrize("separator", [",", "\n", " , ", "\r\n", "\n\n# a comment\n\n"])
def test_lines_are_read(separator: str) -> None:
    """In a variable or a file; what is written is read again."""
    lines = [token_line("office 1", "a"), token_line("b@c.example", "b")]
    tokens = parse_tokens(separator.join(lines) + "\n")
    assert list(tokens.values()) == ["office 1", "b@c.example"]
    assert parse_tokens(write_tokens(tokens)) == tokens


@pytest.mark.parametrize(
    "text", ["x", "office:", ":" + "0" * 64, "a:" + "0" * 63, "a:" + "A" * 64, "a\tb:" + "0" * 64]
)
def test_what_is_no_line_is_told(text: str) -> None:
    """Without the line, which may hold a token."""
    with pytest.raises(
        ValueError, match=r"^lines of `rentomatic token new`, such as office:DIGEST$"
    ):
        parse_tokens(text)


@pytest.mark.parametrize(
    "name", ["", " a", "a:b", "a,b", "a\nb", "\N{LATIN SMALL LETTER E WITH ACUTE}", "a" * 64]
)
def test_a_name_must_fit_a_line(name: str) -> None:
    """It is told what a name may be."""
    with pytest.raises(ValueError, match=r"^at most 63 letters, digits, "):
        token_line(name, "a")
