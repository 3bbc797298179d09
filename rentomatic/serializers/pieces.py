"""Rooms are written piece by piece, so that any number of them takes the same memory."""

from collections.abc import Generator, Iterable
from itertools import islice

from rentomatic.domain.room import Room

PIECE_ROOMS = 1_000


def pieces(rooms: Iterable[Room]) -> Generator[list[Room], None, None]:
    """Cut rooms into pieces; whoever stops reading them closes the rooms too."""
    remaining = iter(rooms)
    try:
        while some := list(islice(remaining, PIECE_ROOMS)):
            yield some
    finally:
        if isinstance(remaining, Generator):
            remaining.close()
