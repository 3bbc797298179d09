"""What attackers write, link to and frame: nothing of it runs, and nothing is written for them."""

from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext
from testbed.pages import PAGES

from tests.browser.elsewhere import elsewhere
from tests.browser.service import Service
from tests.browser.window import COOKIE, Window

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
        (f"/rooms?place={value}", {200, 300, 400, 404}),
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


# Of another site the cookie is not even sent; another port is another origin of the same site.
FOREIGN = {"another site": ("localhost", False), "another port": ("127.0.0.1", True)}
FIELDS = {
    "size": "20",
    "price": "60",
    "longitude": "13.4",
    "latitude": "52.5",
    "key": "k",
    "reference": "FOREIGN",
}


def signed_in(browser: Browser, service: Service) -> BrowserContext:
    """Return a session of the browser that is signed in."""
    context = browser.new_context()
    cookie = {"name": COOKIE, "value": service.token, "url": service.address}
    context.add_cookies([cookie | {"sameSite": "Strict"} | {"httpOnly": True}])
    return context


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_form_of_another_origin_writes_nothing(
    browser: Browser, service: Service, origin: str
) -> None:
    """Although its visitor is signed in here."""
    host, sends_cookie = FOREIGN[origin]
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in FIELDS.items())
    form = (
        f'<!doctype html><form method="post" action="{service.address}/rooms/new">{inputs}</form>'
    )
    context = signed_in(browser, service)
    with elsewhere({"/": (form, {})}) as other:
        page = context.new_page()
        page.goto(f"http://{host}:{other.rpartition(':')[2]}/")
        with page.expect_response(f"{service.address}/rooms/new") as answered:
            page.evaluate("document.forms[0].submit()")
        sent = answered.value.request.all_headers()
        assert (COOKIE in sent.get("cookie", "")) == sends_cookie
        assert answered.value.status in {401, 403}
    assert service.rooms("filter_reference__eq=FOREIGN") == []
    context.close()


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_script_of_another_origin_writes_nothing(
    browser: Browser, service: Service, origin: str
) -> None:
    """Neither as a form nor through the API, for which no cookie counts."""
    host, _ = FOREIGN[origin]
    context = signed_in(browser, service)
    with elsewhere({"/": ("<!doctype html>", {})}) as other:
        page = context.new_page()
        page.goto(f"http://{host}:{other.rpartition(':')[2]}/")
        for path, media_type in (
            ("/rooms/new", "application/x-www-form-urlencoded"),
            ("/rooms", "text/plain"),
            ("/rooms", "application/json"),
        ):
            page.evaluate(
                """([url, type, body]) => fetch(url, {method: "POST", credentials: "include",
                mode: type == "application/json" ? "cors" : "no-cors",
                headers: {"Content-Type": type}, body}).catch(() => null)""",
                [
                    service.address + path,
                    media_type,
                    "&".join(f"{name}={value}" for name, value in FIELDS.items()),
                ],
            )
    assert service.rooms("filter_reference__eq=FOREIGN") == []
    context.close()


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "https:evil.example",
        "/%2F/evil.example",
        "/\t/evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "/rooms\r\nLocation: https://evil.example",
    ],
)
def test_signing_in_leads_to_our_own_pages_only(
    service: Service, desktop: Window, target: str
) -> None:
    """Whatever a link to the form says where to go then."""
    desktop.open(f"/sign-in?return={quote(target, safe='')}")
    desktop.page.get_by_label("Token").fill(service.token)
    desktop.page.get_by_role("main").get_by_role("button").click()
    desktop.page.wait_for_load_state()
    assert desktop.page.url.startswith(f"{service.address}/")
    assert desktop.page.get_by_role("button", name="Sign out").is_visible()


def test_a_script_cannot_read_the_session(service: Service, desktop: Window) -> None:
    """The cookie is out of reach of scripts, for our own pages only, and has no lifetime."""
    desktop.open("/sign-in")
    desktop.page.get_by_label("Token").fill(service.token)
    desktop.page.get_by_role("main").get_by_role("button").click()
    desktop.page.get_by_role("button", name="Sign out").wait_for()
    assert desktop.page.evaluate("document.cookie") == ""
    (cookie,) = desktop.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Strict", -1)
