"""Tokens, of which only digests are kept: who has one may change rooms."""

import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest

NAME_FORM = "at most 63 letters, digits, spaces, ., _, @ and -, the first a letter or digit"

_PREFIX = "rom_"
_BYTES = 32
# Somewhere in a text, also where a client has escaped it; one with a slip is as good a hint.
_WRITTEN = re.compile(r"rom(?:_|%5[Ff])[A-Za-z0-9_-]{16,}")
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9 ._@-]{0,62}):([0-9a-f]{64})", re.ASCII)

Tokens = Mapping[str, str]  # names, by digest
NOBODY: Tokens = {}


def new_token() -> str:
    """Make a token of 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(_BYTES)


def hide_tokens(text: str) -> str:
    """Put an ellipsis in place of each token in a text, so that it can be logged."""
    return _WRITTEN.sub(f"{_PREFIX}…", text)


def digest_of(token: str) -> str:
    """Give the digest by which a token is known: SHA-256 in hexadecimal.

    A token cannot be guessed, so its digest needs neither salt nor a slow function.
    """
    return sha256(token.encode()).hexdigest()


def token_line(name: str, token: str) -> str:
    """Give the line by which a token is configured.

    Raises:
        ValueError: with what a name may be.
    """
    line = f"{name}:{digest_of(token)}"
    if not _LINE.fullmatch(line):
        raise ValueError(NAME_FORM)
    return line


def write_tokens(tokens: Tokens) -> str:
    """Spell tokens so that parse_tokens reads them."""
    return ",".join(f"{name}:{digest}" for digest, name in tokens.items())


def parse_tokens(text: str) -> Tokens:
    """Read lines `name:digest`, or the same with commas; lines that begin with # are comments.

    Raises:
        ValueError: with what would be right; it does not tell the line.
    """
    lines = [line.strip() for line in re.split(r"[,\n]", text)]
    tokens = {}
    for line in lines:
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if not match:
            msg = "lines of `rentomatic token new`, such as office:DIGEST"
            raise ValueError(msg)
        tokens[match[2]] = match[1]
    return tokens


def owner_of(token: str, tokens: Tokens) -> str | None:
    """Name whose token it is; how long that takes does not tell how much of it is right."""
    given = digest_of(token)
    owner = None
    for digest, name in tokens.items():
        if compare_digest(digest, given):
            owner = name
    return owner
