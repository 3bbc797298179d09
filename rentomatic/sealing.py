"""Encrypting secrets that are stored: only a holder of the key can read them from the database."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")


class UnsealError(Exception):
    """A stored secret was not encrypted with any of the keys."""


@dataclass(frozen=True)
class Sealer:
    """Encrypts with the first key, and decrypts with any; uses the Fernet recipe of `cryptography`.

    Attributes:
        keys: in the form of Fernet's, 32 bytes in URL-safe base64; at least one.
    """

    keys: Sequence[str] = field(repr=False)

    @cached_property
    def _fernet(self) -> "MultiFernet":
        # Imported here, because most services have no key.
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415

        return MultiFernet([Fernet(key) for key in self.keys])

    def seal(self, secret: str) -> str:
        """Encrypt a secret."""
        return self._fernet.encrypt(secret.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Decrypt a secret; raises UnsealError if it was encrypted with another key."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as above

        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise UnsealError("the secret was encrypted with another key") from None


def new_key() -> str:
    """Generate a key."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 - as above

    return Fernet.generate_key().decode()


def parse_keys(text: str) -> Sealer:
    """Parse keys, separated by newlines or commas; # starts a comment line.

    Raises:
        ValueError: with what would be right; it does not quote the text, which is secret.
    """
    lines = [line.strip() for line in re.split(r"[,\n]", text)]
    keys = tuple(line for line in lines if line and not line.startswith("#"))
    if not keys or not all(map(_is_key, keys)):
        raise ValueError("one or more keys of `rentomatic searches key`, the newest first")
    return Sealer(keys)


def write_keys(sealer: Sealer) -> str:
    """Write keys in the form that parse_keys reads."""
    return ",".join(sealer.keys)


def _is_key(text: str) -> bool:
    return bool(_KEY.fullmatch(text)) and len(urlsafe_b64decode(text)) == 32  # noqa: PLR2004 - bytes
