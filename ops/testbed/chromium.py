"""Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

CHROMIUM = shutil.which("chromium")

DESKTOP: "ViewportSize" = {"width": 1280, "height": 900}
PHONE: "ViewportSize" = {"width": 375, "height": 812}

# Nothing leaves this machine, whatever a page names.
_ARGUMENTS = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Start a browser, without a window, and close it at the end.

    It has no sandbox, which root cannot have: let it open our own pages only.
    """
    # The header of a test report names the browser, and most runs do not start it.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    assert CHROMIUM, "chromium is not installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
