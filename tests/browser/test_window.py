"""What a page must not do is noticed: the tests beside this one rely on it."""

import pytest
from playwright.sync_api import Browser

from tests.browser.elsewhere import Page, elsewhere
from tests.browser.window import opened

ICON = '<link rel="icon" href="data:,">'
POLICY = {"Content-Security-Policy": "default-src 'none'; img-src *"}
WITHOUT_SCRIPT: dict[str, tuple[Page, str]] = {
    "another host": (('<img src="http://pictures.example/x.png">', {}), "pictures.example"),
    "a violated policy": (("<style>p { color: red }</style>", POLICY), "Content Security Policy"),
    "a style attribute": (('<p style="color: red">x</p>', POLICY), "Content Security Policy"),
    "a missing picture": (('<img src="/nowhere.png">', {}), "status of 404"),
}
WITH_SCRIPT: dict[str, tuple[Page, str]] = {
    "a message": (('<script>console.log("here")</script>', {}), "here"),
    "an error": (('<script>throw new Error("here")</script>', {}), "here"),
    "a dialog": (('<script>alert("here")</script>', {}), "dialog: here"),
    "a refused script": (("<script>alert(1)</script>", POLICY), "Content Security Policy"),
}


def complaints_of(browser: Browser, page: Page, *, has_script: bool) -> str:
    """Open a page, and return all that is wrong with it."""
    with pytest.raises(AssertionError) as raised:
        look_at(browser, page, has_script=has_script)
    return str(raised.value)


def look_at(browser: Browser, page: Page, *, has_script: bool) -> None:
    """Open a page in a window of its own."""
    body, headers = page
    with (
        elsewhere({"/": (f"<!doctype html>{ICON}{body}", headers)}) as address,
        opened(browser, f"http://{address}", has_script=has_script) as window,
    ):
        window.open("/")
        window.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("kind", WITHOUT_SCRIPT)
@pytest.mark.parametrize("has_script", [True, False])
def test_it_is_noticed_without_a_script_too(
    browser: Browser, kind: str, *, has_script: bool
) -> None:
    """Whatever a page loads or lays out against its policy."""
    page, expected = WITHOUT_SCRIPT[kind]
    assert expected in complaints_of(browser, page, has_script=has_script)


@pytest.mark.parametrize("kind", WITH_SCRIPT)
def test_what_a_script_does_is_noticed(browser: Browser, kind: str) -> None:
    """What it says, and where it fails."""
    page, expected = WITH_SCRIPT[kind]
    assert expected in complaints_of(browser, page, has_script=True)


def test_a_page_that_is_missing_is_no_complaint(browser: Browser) -> None:
    """The browser logs a line of its own about it, even if the page is meant to be an error."""
    with (
        elsewhere({}) as address,
        opened(browser, f"http://{address}") as window,
    ):
        window.open("/nowhere", status=404)
