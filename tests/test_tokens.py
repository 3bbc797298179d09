"""Tokens: random, and stored only as digests."""

from hashlib import sha256

import pytest

from rentomatic.tokens import (
    actor_of,
    digest_of,
    hide_tokens,
    new_token,
    parse_tokens,
    token_line,
    write_tokens,
)


def test_a_token_is_long_and_random() -> None:
    """It has 256 bits, in characters that need no quoting in a header or a shell."""
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(each) >= 43 and each.replace("-", "_").isidentifier() for each in tokens)


def test_only_its_digest_is_configured() -> None:
    """It is SHA-256, from which the token cannot be recovered."""
    assert digest_of("a") == sha256(b"a").hexdigest()
    assert token_line("office", "a") == f"office:{sha256(b'a').hexdigest()}"


def test_each_token_has_its_actor() -> None:
    """An unknown token has none, and neither does a digest."""
    tokens = parse_tokens(f"{token_line('office', 'a')},{token_line('portal', 'b')}")
    assert [actor_of(each, tokens) for each in ("a", "b", "c", "", digest_of("a"))] == [
        *("office", "portal", None, None, None)
    ]


@pytest.mark.parametrize("separator", [",", "\n", " , ", "\r\n", "\n\n# a comment\n\n"])
def test_lines_are_read(separator: str) -> None:
    """Lines are read from a variable or a file, and written tokens can be read back."""
    lines = [token_line("office 1", "a"), token_line("b@c.example", "b")]
    tokens = parse_tokens(separator.join(lines) + "\n")
    assert list(tokens.values()) == ["office 1", "b@c.example"]
    assert parse_tokens(write_tokens(tokens)) == tokens


@pytest.mark.parametrize(
    "text", ["x", "office:", ":" + "0" * 64, "a:" + "0" * 63, "a:" + "A" * 64, "a\tb:" + "0" * 64]
)
def test_an_invalid_line_is_reported(text: str) -> None:
    """The error does not quote the line, which may contain a token."""
    with pytest.raises(
        ValueError, match=r"^lines of `rentomatic token new`, such as office:DIGEST$"
    ):
        parse_tokens(text)


@pytest.mark.parametrize(
    "name", ["", " a", "a:b", "a,b", "a\nb", "\N{LATIN SMALL LETTER E WITH ACUTE}", "a" * 64]
)
def test_a_name_must_fit_a_line(name: str) -> None:
    """The error says what a name may be."""
    with pytest.raises(ValueError, match=r"^at most 63 letters, digits, "):
        token_line(name, "a")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/rooms?a=whsec_c2hvd24gb25jZSwgc28ga2VlcA==&b=1", "/rooms?a=whsec_…&b=1"),
        ("whsec%5Fc2hvd24gb25j%2BZSwgc28ga2VlcA%3D%3D.", "whsec_…."),
        ("whsec_ and rom_ alone", "whsec_ and rom_ alone"),
    ],
)
def test_secrets_of_webhooks_are_hidden(text: str, shown: str) -> None:
    """Like tokens, wherever they are in a text that is logged."""
    assert hide_tokens(text) == shown
