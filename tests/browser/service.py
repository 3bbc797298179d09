"""The service that the browser's tests talk to, and requests past the browser."""

import json
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from testbed.pages import Kind

from rentomatic.config import PostgresDatabase
from tests.browser.window import COOKIE
from tests.commands import SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, with its whole body."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Service:
    """The running service.

    Attributes:
        address: scheme, host and port.
        token: one that may change its rooms.
    """

    address: str
    database: PostgresDatabase
    token: str

    def get(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> Answer:
        """Send a request."""
        host = urlsplit(self.address).netloc
        with closing(HTTPConnection(host, timeout=SECONDS)) as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body and body.encode(), named)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode())

    def read(self, kind: Kind, **parameters: str) -> str:
        """Return a page of a kind, as staff sees it if it is for them."""
        separator = "&" if "?" in kind.path else "?"
        path = f"{kind.path}{separator}{urlencode(parameters)}" if parameters else kind.path
        cookie = {"Cookie": f"{COOKIE}={self.token}"} if kind.is_for_staff else {}
        answer = self.get(path, Accept="text/html", **cookie)
        assert answer.status == kind.status, path
        return answer.body

    def write(self, method: str, path: str, values: Any = None) -> int:  # noqa: ANN401 - JSON
        """Write through the API; return the status."""
        body = None if values is None else json.dumps(values)
        headers = {"Authorization": f"Bearer {self.token}", "Content_Type": "application/json"}
        return self.get(path, method, body, **headers).status

    def rooms(self, query: str) -> list[dict[str, Any]]:
        """Search through the API."""
        found: list[dict[str, Any]] = json.loads(self.get(f"/rooms?{query}").body)
        return found
