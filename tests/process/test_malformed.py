"""Malformed and ambiguous requests to a real service: refused, and nothing follows them."""

import re
import socket

from rentomatic.config import PostgresDatabase
from rentomatic.tokens import token_line
from tests.commands import SECONDS, Command, Commands
from tests.malformed import BEHIND, CHUNKED, CHUNKS, HOST, MALFORMED, POST
from tests.process.writing import TOKEN

STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")
WRITES = f"Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n".encode()


def answers(service: Command, sent: bytes) -> list[bytes]:
    """Return the statuses of all answers until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", service.port), SECONDS) as client:
        client.sendall(sent)
        answered = b"".join(iter(lambda: client.recv(65_536), b""))
    return STATUS.findall(answered)


def test_a_malformed_request_is_refused(commands: Commands, database: PostgresDatabase) -> None:
    """By one answer; the connection ends, and what follows is not a request."""
    service = commands.gunicorn(
        database, RENTOMATIC_TOKENS=token_line("office", TOKEN), WEB_CONCURRENCY="1"
    )
    for name, sent in MALFORMED.items():
        # The application refuses a wrong Host and keeps the connection.
        last = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" if "host" in name else b""
        statuses = answers(service, sent + (last or BEHIND))
        assert statuses[0] in {b"400", b"414", b"417", b"431", b"501"}, name
        assert len(statuses) == 1 or last, name
    for name, chunks in CHUNKS.items():
        sent = POST + HOST + WRITES + CHUNKED + b"\r\n" + chunks + BEHIND
        assert answers(service, sent) == [b"400"], name
    assert service.ask("/rooms?limit=1") == 200
    assert "exception" not in service.complained
    assert "smuggled" not in service.printed
