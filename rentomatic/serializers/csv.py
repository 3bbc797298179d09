"""CSV with a header line (RFC 4180)."""

import csv
import io
from collections.abc import Generator, Iterable, Sequence

from rentomatic.domain.room import Room
from rentomatic.serializers.pieces import pieces
from rentomatic.serializers.room import View

MEDIA_TYPE = "text/csv"


def dump_room(room: Room, view: View) -> bytes:
    """Write a room as a table of one line."""
    return b"".join(stream_rooms([room], view))


def stream_rooms(rooms: Iterable[Room], view: View) -> Generator[bytes, None, None]:
    """Write rooms as a table."""
    yield _lines([view.fields])
    for some in pieces(rooms):
        shown = map(view.show, some)
        yield _lines([[wire.get(name) for name in view.fields] for wire in shown])


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
