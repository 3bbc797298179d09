"""What attackers write, link to and frame: nothing of it runs, and nothing is written for them."""

from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.sync_api import Browser
from testbed.pages import PAGES

from tests.browser.elsewhere import elsewhere
from tests.browser.service import Service
from tests.browser.window import Window

TEXTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title></h1></main><iframe srcdoc='<script>alert(1)</script>'>",
    "</textarea><script>alert(1)</script>",
    "<!--<script>alert(1)//-->",
    "{{ 7 * 7 }} {% raw %} ${7*7} <%= 7 %>",
    "&lt;b&gt; &amp;amp; &#60;script&#62;",
    "javascript:alert(1)",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example>",
    "<base href=//evil.example><form action=//evil.example><input autofocus onfocus=alert(1)>",
    "\u202eevil\u202c \u2028alert(1)\u2029 \u200b",
    "<" * 50 + "x" * 149,
]
# Each is refused by the service, or is a harmless link.
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt://example.com/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "//evil.example/x",
    "https://example.com/?q=%22onmouseover=%22alert(1)",
    'https://example.com/"onmouseover="alert(1)',
    "https://example.com/'><script>alert(1)</script>",
    "https://example.com/&#106;avascript:alert(1)",
    "https://user:password@example.com/",
]
BASE = {"size": 33, "price": 77, "longitude": 13.4, "latitude": 52.5}


@pytest.fixture
def path(service: Service) -> Iterator[str]:
    """The address of a room of the test's own, which does not exist yet."""
    path = f"/rooms/{uuid4()}"
    yield path
    service.write("DELETE", path)


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def own_window(request: pytest.FixtureRequest, open_window: Callable[..., Window]) -> Window:
    """A window of somebody who is signed in, with and without scripts."""
    return open_window(has_script=request.param)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_a_room_is_shown_as_it_is(
    service: Service, own_window: Window, path: str, text: str
) -> None:
    """In its title, city, description and reference; nothing of it becomes an element."""
    texts = {"title": text, "city": text[:100], "description": text, "reference": text[:100]}
    assert service.write("PUT", path, {**BASE, **texts}) == 201
    code = path.rpartition("/")[2]
    for page in (path, f"/rooms?filter_code__eq={code}"):
        own_window.open(page)
        shown = own_window.page.locator("main").text_content() or ""
        assert " ".join(text.split()) in " ".join(shown.split())
        assert own_window.page.locator("iframe, base, style, script:not([src])").count() == 0


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_of_a_room_is_a_link_or_refused(
    service: Service, desktop: Window, path: str, address: str
) -> None:
    """To another site it is by https, without a script, and says nothing of where it came from."""
    status = service.write("PUT", path, {**BASE, "url": address})
    assert status in {201, 400}
    if status == 400:
        return
    desktop.open(path)
    for link in desktop.page.locator("main a").all():
        href = link.get_attribute("href") or ""
        assert href.startswith(("/", "?", "#", "https://", "http://")), href
        assert link.get_attribute("onmouseover") is None
    assert desktop.page.locator("[onerror], [onload], [onmouseover]").count() == 0


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_link_says_is_shown_as_it_is(desktop: Window, text: str) -> None:
    """As words, as a filter, as the name of a parameter and as a path: nothing of it runs."""
    value = quote(text[:100])
    for path, status in (
        (f"/rooms?q={value}", {200, 400}),
        (f"/rooms?filter_city__eq={value}", {200}),
        (f"/rooms?filter_price__gte={value}", {400}),
        (f"/rooms?{value}=1", {400}),
        (f"/rooms/{value.replace('/', '%2F')}", {404}),
        (f"/docs/{value.replace('/', '%2F')}", {404}),
    ):
        response = desktop.page.goto(f"{desktop.address}{path}")
        assert response, path
        assert response.status in status, path
        assert desktop.page.locator("iframe, base, style, script:not([src])").count() == 0


def test_no_page_can_be_framed(browser: Browser, service: Service) -> None:
    """By a page of another origin, which could make visitors click where they do not see it."""
    for kind in PAGES.values():
        frame = (
            f'<!doctype html><title>x</title><iframe src="{escape(service.address)}{kind.path}">'
        )
        with elsewhere({"/": (frame, {})}) as other:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"http://{other}/")
            (framed,) = page.frames[1:]
            assert framed.url.startswith("chrome-error:"), kind.path
            context.close()
