"""Rooms in batches to be saved, and rooms that are fetched one after the other."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TypeVar
from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.repository.errors import RepositoryUnavailableError

T = TypeVar("T")

SAVE_BATCH = 1_000


def batches(rooms: Iterable[Room], size: int = SAVE_BATCH) -> Iterator[list[Room]]:
    """Split rooms into batches without duplicate codes, each of which can be saved at once."""
    batch: dict[UUID, Room] = {}
    for room in rooms:
        if len(batch) == size or room.code in batch:
            yield list(batch.values())
            batch = {}
        batch[room.code] = room
    if batch:
        yield list(batch.values())


def started(items: Generator[T, None, None]) -> Iterator[T]:
    """Fetch the first item now, so that a search that fails does so here, not in its reader."""
    return _resumed([*islice(items, 1)], items)


def _resumed(first: list[T], items: Generator[T, None, None]) -> Iterator[T]:
    try:
        yield from first
        yield from items
    finally:
        # A reader that stops early does not care if the store is down.
        with suppress(RepositoryUnavailableError):
            items.close()
