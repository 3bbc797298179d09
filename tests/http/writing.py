"""Requests that write rooms."""

import json
from collections.abc import Mapping
from typing import Any

from webtest import TestApp, TestResponse

from rentomatic.tokens import digest_of, new_token
from rentomatic.wsgi.json_body import MERGE_PATCH

JSON = "application/json"
TOKEN, OTHER = new_token(), new_token()
TOKENS = {digest_of(TOKEN): "office", digest_of(OTHER): "portal"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CODE = "f853578c-fc0f-4e65-81b8-566c5dffa35a"
NOBODYS = "00000000-0000-0000-0000-000000000000"
VALUES = {"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}
# What each method is sent to, of what type, with what in it.
WRITES = {
    "POST": ("/rooms", JSON, VALUES),
    "PUT": (f"/rooms/{CODE}", JSON, VALUES),
    "PATCH": (f"/rooms/{CODE}", MERGE_PATCH, {"price": 1}),
    "DELETE": (f"/rooms/{CODE}", "", None),
}
SENDING = [method for method, (_, media_type, _) in WRITES.items() if media_type]


def write(
    client: TestApp,
    method: str,
    path: str = "",
    values: object = None,
    headers: Mapping[str, str] = BEARER,
    *,
    status: int | None = None,
) -> TestResponse:
    """Write as WRITES says, but for what is given."""
    usual, media_type, body = WRITES[method]
    sent = body if values is None else values
    raw = sent if isinstance(sent, bytes) else b"" if sent is None else json.dumps(sent).encode()
    given = ({"Content-Type": media_type} if media_type else {}) | dict(headers)
    return client.request(path or usual, method=method, body=raw, headers=given, status=status)


def all_rooms(client: TestApp) -> Any:  # noqa: ANN401 - JSON
    """Return all rooms."""
    return client.get("/rooms?limit=1000").json


def tag_of(client: TestApp, query: str = "") -> str:
    """Return the tag of the first room."""
    tag: str = client.get(f"/rooms/{CODE}{query}").headers["ETag"]
    return tag
