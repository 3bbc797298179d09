"""Reading files as they are imported, for tests."""

import io
from collections.abc import Iterable
from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.formats.table import IMPORT_FORMATS
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_import import (
    BadLine,
    ImportOptions,
    RoomImportRequest,
    RoomLine,
)

CODE = UUID("f853578c-fc0f-4e65-81b8-566c5dffa35a")
HEADER = "code,size,price,longitude,latitude"
ROOM = Room(CODE, 215, 39, -0.09998975, 51.75436293)
LINE = f"{CODE},215,39,-0.09998975,51.75436293"


def build(
    text: str | Iterable[str], name: str = "csv", **options: object
) -> RoomImportRequest | InvalidRequest:
    """Build a request from the text of a file, whole or cut."""
    cut = io.StringIO(text, newline="") if isinstance(text, str) else text
    return IMPORT_FORMATS[name].read(cut, ImportOptions(**options))  # type: ignore[arg-type]


def read(text: str, **options: object) -> list[Room | BadLine]:
    """Read all lines of a file with a good header."""
    request = build(text, **options)
    assert request
    return found(request)


def found(request: RoomImportRequest) -> list[Room | BadLine]:
    """Give the rooms, as new ones, and the bad lines of a file."""
    return [
        each.room.completed(None) if isinstance(each, RoomLine) else each for each in request.lines
    ]


def problems(lines: Iterable[Room | BadLine]) -> list[str]:
    """Give what is wrong with lines, which must all be bad."""
    assert all(isinstance(line, BadLine) for line in lines)
    return [str(line) for line in lines]
