"""Tokens: their holders may change rooms, and only their digests are stored."""

import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest

NAME_FORM = "at most 63 letters, digits, spaces, ., _, @ and -, the first a letter or digit"

_PREFIX = "rom_"
_BYTES = 32
# Anywhere in a text, percent-encoded too: neither even a mistyped token nor the signing secret of a
# webhook should be logged.
_WRITTEN = (
    re.compile(r"(rom)(?:_|%5[Ff])[A-Za-z0-9_-]{16,}"),
    re.compile(r"(whsec)(?:_|%5[Ff])[A-Za-z0-9+/%=-]{16,}"),
)
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9 ._@-]{0,62}):([0-9a-f]{64})", re.ASCII)

Tokens = Mapping[str, str]  # names, by digest
NO_TOKENS: Tokens = {}


def new_token() -> str:
    """Generate a token of 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(_BYTES)


def hide_tokens(text: str) -> str:
    """Replace each token and signing secret by an ellipsis, so that a text can be logged."""
    for each in _WRITTEN:
        text = each.sub(r"\1_…", text)
    return text


def digest_of(token: str) -> str:
    """Return the digest of a token: SHA-256 in hexadecimal.

    A token cannot be guessed, so its digest needs neither a salt nor a slow hash.
    """
    return sha256(token.encode()).hexdigest()


def token_line(name: str, token: str) -> str:
    """Return the line that configures a token.

    Raises:
        ValueError: for an invalid name; the text says what a name may be.
    """
    line = f"{name}:{digest_of(token)}"
    if not _LINE.fullmatch(line):
        raise ValueError(NAME_FORM)
    return line


def write_tokens(tokens: Tokens) -> str:
    """Write tokens in the form that parse_tokens reads."""
    return ",".join(f"{name}:{digest}" for digest, name in tokens.items())


def parse_tokens(text: str) -> Tokens:
    """Parse `name:digest` items, separated by newlines or commas; # starts a comment line.

    Raises:
        ValueError: with what would be right; it does not quote the line, which may be a secret.
    """
    lines = [line.strip() for line in re.split(r"[,\n]", text)]
    tokens = {}
    for line in lines:
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if not match:
            raise ValueError("lines of `rentomatic token new`, such as office:DIGEST")
        tokens[match[2]] = match[1]
    return tokens


def actor_of(token: str, tokens: Tokens) -> str | None:
    """Return the name of a token, or None, in a time that does not depend on the token."""
    given = digest_of(token)
    actor = None
    for digest, name in tokens.items():
        if compare_digest(digest, given):
            actor = name
    return actor
