"""Cursors of changes: which one was read last, as opaque text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rentomatic.requests.cursors import GREATEST, seal, unseal
from rentomatic.requests.parsers import shown

KIND = b"room changes"


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
    return seal(values, kind=KIND)


def read_changes_cursor(text: str) -> ChangePosition:
    """Decode a position; raises ValueError for text that `write_changes_cursor` did not write."""
    position = unseal(text, _parse_position, write_changes_cursor)
    if position:
        return position
    raise ValueError(f"is not a cursor of changes: {shown(text)}")


def _parse_position(values: Sequence[Any]) -> ChangePosition:
    epoch, transaction, number, made_at = values
    for count in (transaction, number):
        if type(count) is not int or not 0 <= count <= GREATEST:
            raise ValueError
    moment = datetime.fromisoformat(made_at).astimezone(UTC)
    return ChangePosition(UUID(epoch), transaction, number, moment)
