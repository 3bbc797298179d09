"""Files are read and written piece by piece: any number of rooms takes the same memory."""

from collections.abc import Generator, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TextIO

from rentomatic.domain.room import Room

# A longer line or value of a file would take memory, and no room needs it.
MAX_CHARACTERS = 1 << 20
TOO_LONG = f"is longer than {MAX_CHARACTERS} characters"
# One more, which shows that a line is too long.
LINE_CHARACTERS = MAX_CHARACTERS + 1

PIECE_CHARACTERS = 1 << 16
PIECE_ROOMS = 1_000


def cut_lines(file: TextIO) -> Iterator[str]:
    """Cut a file into lines, or parts of lines that are too long."""
    return iter(partial(file.readline, LINE_CHARACTERS), "")


def cut_pieces(file: TextIO) -> Iterator[str]:
    """Cut a file into pieces, whatever is in it."""
    return iter(partial(file.read, PIECE_CHARACTERS), "")


def pieces_of(rooms: Iterable[Room]) -> Generator[list[Room], None, None]:
    """Cut rooms into pieces; closing the pieces closes the rooms too."""
    remaining = iter(rooms)
    try:
        while piece := list(islice(remaining, PIECE_ROOMS)):
            yield piece
    finally:
        if isinstance(remaining, Generator):
            remaining.close()
