"""Batches of rooms, as requests."""

from typing import Any
from unittest.mock import ANY
from uuid import UUID

from webtest import TestApp, TestResponse

from rentomatic.tokens import digest_of, new_token

TOKEN = new_token()
TOKENS = {digest_of(TOKEN): "office"}
CSV = "text/csv"
HEADER = "code,size,price,longitude,latitude\n"
MOST = 200_000
CODES = "select code from room order by code"


def send(
    client: TestApp,
    body: str | bytes,
    status: int = 200,
    query: str = "",
    media_type: str = CSV,
    **headers: str,
) -> TestResponse:
    """Send a batch."""
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": media_type}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    sent = body.encode() if isinstance(body, str) else body
    return client.post(f"/rooms{query}", sent, given, status=status)


def line(number: int, price: object = 60) -> str:
    """Write a room as a line of a table."""
    return f"{UUID(int=number)},20,{price},13.4,52.5\n"


def all_rooms(client: TestApp) -> Any:  # noqa: ANN401 - JSON
    """Return all rooms."""
    return client.get("/rooms?limit=1000").json


def done(
    added: int = 0,
    updated: int = 0,
    unchanged: int = 0,
    repeated: int = 0,
    errors: list[dict[str, str]] | None = None,
    ignored: list[str] | None = None,
    columns: dict[str, list[str]] | None = None,
) -> dict[str, object]:
    """Return the answer to a batch, with any columns where none are given."""
    reported = errors or []
    counts = {"added": added, "updated": updated, "unchanged": unchanged}
    counts |= {"repeated": repeated, "rejected": len(reported)}
    names = {"columns": columns or ANY, "ignored": ignored or []}
    return {**counts, "errors": reported, "others": [], **names}
