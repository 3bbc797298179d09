"""What axe finds on a page."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.window import Window


def violations(page: Page) -> list[str]:
    """Return rule, element, and what is wrong with it."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


def check(window: Window) -> None:
    """Fail if axe finds anything; it needs scripts, without which the page is the same."""
    if window.has_script:
        assert violations(window.page) == []
