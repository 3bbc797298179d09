"""A window of the browser, and everything in it that a page of ours must not do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Error,
    Page,
    Request,
    Response,
    ViewportSize,
)
from testbed.chromium import DESKTOP
from testbed.pages import Kind

# What a browser itself logs about an answer that is an error, as ours may be on purpose.
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d .*")
# The name of the session's cookie without TLS.
COOKIE = "rentomatic"
_LOCAL = {"about", "blob", "data"}


@dataclass
class Window:
    """A window with cookies of its own.

    Attributes:
        page: its only tab.
        address: of the service; everything is loaded from there.
        has_script: whether scripts run in it.
        complaints: messages of the console, violations of policies, errors and dialogs of scripts,
            and requests to other hosts.
        visited: the addresses of all documents.
        tiles: the origin of map tiles, the only other one that pages may load from.
    """

    page: Page
    address: str
    has_script: bool = True
    complaints: list[str] = field(default_factory=list)
    visited: set[str] = field(default_factory=set)
    tiles: str = ""

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("dialog", self._dismiss)
        self.page.on("pageerror", self._fail)
        self.page.on("request", self._watch)

    @property
    def context(self) -> BrowserContext:
        """The session that its cookies belong to."""
        return self.page.context

    @property
    def path(self) -> str:
        """The path and query that the window shows."""
        return self.page.url.removeprefix(self.address)

    def open(self, path: str, status: int = 200) -> Response:
        """Open a page of the service, which must have this status."""
        response = self.page.goto(f"{self.address}{path}")
        assert response, path
        assert response.status == status, f"{path}: {response.text()[:2000]}"
        return response

    def show(self, kind: Kind, token: str) -> Response:
        """Open a page of a kind, signed in with a token if it is for staff."""
        if kind.is_for_staff:
            self.sign_in(token)
        return self.open(kind.path, kind.status)

    def sign_in(self, token: str) -> None:
        """Take a token as after signing in, without the form."""
        self.context.add_cookies([{"name": COOKIE, "value": token, "url": self.address}])

    def _hear(self, message: ConsoleMessage) -> None:
        is_own = _REFUSED.fullmatch(message.text) and message.location["url"] in self.visited
        if not is_own:
            self.complaints.append(f"console: {message.type}: {message.text}")

    def _dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _fail(self, error: Error) -> None:
        self.complaints.append(f"script: {error.message}")

    def _watch(self, request: Request) -> None:
        if request.is_navigation_request():
            self.visited.add(request.url)
        url = urlsplit(request.url)
        known = {self.address, self.tiles}
        if url.scheme not in _LOCAL and f"{url.scheme}://{url.netloc}" not in known:
            self.complaints.append(f"another host: {request.url}")


@contextmanager
def opened(
    browser: Browser,
    address: str,
    *,
    size: ViewportSize = DESKTOP,
    has_script: bool = True,
    locale: str = "en-GB",
    colors: str = "light",
    tiles: str = "",
) -> Iterator[Window]:
    """Open a window; fail at its end if there is a complaint."""
    context = browser.new_context(
        viewport=size,
        java_script_enabled=has_script,
        locale=locale,
        color_scheme="dark" if colors == "dark" else "light",
    )
    try:
        window = Window(context.new_page(), address, has_script, tiles=tiles)
        yield window
        assert not window.complaints, "\n".join(window.complaints)
    finally:
        context.close()
