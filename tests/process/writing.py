"""Requests that write rooms, each on a connection of its own."""

import json
from http.client import HTTPConnection

from rentomatic.tokens import new_token
from tests.commands import Command

ROOM = {"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}
BODY = json.dumps(ROOM).encode()
TOKEN, OTHER = new_token(), new_token()
CODE = "00000000-0000-4000-8000-000000000001"
# Generous: it only keeps tests from hanging.
HANG_SECONDS = 120
COUNT = "select count(*) from room"


def write(
    service: Command,
    method: str,
    path: str,
    values: object = None,
    token: str = TOKEN,
    **headers: str,
) -> tuple[int, dict[str, str]]:
    """Write on a connection of its own; return the status and the headers."""
    media_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
    connection = HTTPConnection("127.0.0.1", service.port, timeout=HANG_SECONDS)
    given = {"Authorization": f"Bearer {token}", "Content-Type": media_type}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, json.dumps(values) if values else None, given)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, dict(answer.headers)
