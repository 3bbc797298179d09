"""Cursors of changes: which one was read last, as opaque text."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from uuid import UUID

from rentomatic.requests.parsers import shown

_DIGEST_BYTES = 9
_MAX_LENGTH = 256
_GREATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ChangePosition:
    """The position of a change.

    Attributes:
        epoch: the life of the database whose transaction numbers these are.
        transaction: the last that had ended when the change was made, or its own if that is later.
        number: increases with each change.
        made_at: when; distinguishes a change from one that got its numbers after a restore.
    """

    epoch: UUID
    transaction: int
    number: int
    made_at: datetime


def write_changes_cursor(position: ChangePosition) -> str:
    """Encode a position."""
    made_at = position.made_at.astimezone(UTC).isoformat()
    values = [position.epoch.hex, position.transaction, position.number, made_at]
    payload = json.dumps(values, separators=(",", ":")).encode()
    return urlsafe_b64encode(_digest(payload) + payload).decode().rstrip("=")


def read_changes_cursor(text: str) -> ChangePosition:
    """Decode a position.

    The digest detects an altered cursor. It is not a secret: only the store knows whether the
    position exists.

    Raises:
        ValueError: for any text that `write_changes_cursor` did not write.
    """
    try:
        if len(text) <= _MAX_LENGTH:
            raw = urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}")
            position = _parse_position(raw[_DIGEST_BYTES:])
            if write_changes_cursor(position) == text:
                return position
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        pass
    raise ValueError(f"is not a cursor of changes: {shown(text)}")


def _parse_position(payload: bytes) -> ChangePosition:
    epoch, transaction, number, made_at = json.loads(payload)
    for count in (transaction, number):
        if type(count) is not int or not 0 <= count <= _GREATEST:
            raise ValueError
    moment = datetime.fromisoformat(made_at).astimezone(UTC)
    return ChangePosition(UUID(epoch), transaction, number, moment)


def _digest(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=_DIGEST_BYTES, person=b"room changes").digest()
