"""Every kind of page can be used by everyone: axe finds nothing, and nothing is cut off."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from testbed.chromium import DESKTOP, PHONE
from testbed.pages import PAGES

from tests.browser.axe import violations
from tests.browser.service import Service
from tests.browser.window import Window

# The narrowest that WCAG asks for (1.4.10, reflow).
NARROW = {"width": 320, "height": 640}


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("colors", ["light", "dark"])
def test_axe_finds_nothing(
    service: Service, open_window: Callable[..., Window], kind: str, colors: str
) -> None:
    """Wide and narrow, in both schemes of colours."""
    window = open_window(colors=colors)
    window.show(PAGES[kind], service.token)
    for size in (DESKTOP, PHONE):
        window.page.set_viewport_size(size)
        assert violations(window.page) == []


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_is_wider_than_the_window(
    service: Service, desktop: Window, kind: str, language: str
) -> None:
    """In each language; only tables scroll, in a region of their own."""
    path = PAGES[kind].path
    asked = f"{path}{'&' if '?' in path else '?'}lang={language}"
    desktop.show(replace(PAGES[kind], path=asked), service.token)
    for size in (DESKTOP, PHONE, NARROW):
        desktop.page.set_viewport_size(size)
        width = desktop.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], size


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_says_what_it_is(service: Service, window: Window, kind: str) -> None:
    """By its title, one heading of the first level, landmarks and its language."""
    window.show(PAGES[kind], service.token)
    page = window.page
    assert page.title().endswith("Rent-o-Matic")
    assert page.locator("h1").count() == 1
    for landmark in ("main", "body > header", "body > footer"):
        assert page.locator(landmark).count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
