"""Batches of rooms, and sending them in chunks."""

import json
from collections.abc import Iterable, Iterator
from http.client import HTTPConnection
from uuid import UUID

from rentomatic.tokens import new_token
from tests.commands import Command

TOKEN = new_token()
LINES = 5_000  # of a chunk
HEADER = b"code,size,price,longitude,latitude\n"
COUNT = "select count(*) from room"
LONG = 120


def chunks(rooms: int, price: int = 60, *, backwards: bool = False) -> Iterator[bytes]:
    """Write a batch, piece by piece."""
    numbers = range(rooms, 0, -1) if backwards else range(1, rooms + 1)
    yield HEADER
    for start in range(0, rooms, LINES):
        some = numbers[start : start + LINES]
        yield b"".join(b"%b,20,%d,13.4,52.5\n" % (code(each), price) for each in some)


def code(number: int) -> bytes:
    """Return a room's code."""
    return str(UUID(int=number)).encode()


def post(service: Command, body: Iterable[bytes], key: str = "") -> tuple[int, dict[str, object]]:
    """Send a batch in chunks; return the status and the answer."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=LONG)
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/csv"}
    given |= {"Idempotency-Key": key} if key else {}
    connection.request("POST", "/rooms", body, given, encode_chunked=True)
    answer = connection.getresponse()
    reported = json.loads(answer.read())
    connection.close()
    return answer.status, reported
