"""Signing in and out on the page."""

import json
from urllib.parse import quote

import pytest
from webtest import TestApp

from rentomatic.demo import book_rooms
from rentomatic.repository.memrepo import MemRepo
from rentomatic.throttle import FREE_ATTEMPTS, sign_in_attempts
from rentomatic.tokens import digest_of
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.http.forms import CODE, COOKIE, HTML, OTHER, SITE, TOKEN, TOKENS, Browser, problems_of

PAGES = ["/rooms/new", f"/rooms/{CODE}/edit", f"/rooms/{CODE}/remove", "/import"]


def visitor(public_url: str | None = SITE, address: str = "", **tokens: str) -> Browser:
    """Open a browser that is not signed in, on an address of its own."""
    application = Application(
        Stores(MemRepo(book_rooms())), tokens=tokens or TOKENS, public_url=public_url
    )
    environ = {"SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": address or "192.0.2.7"}
    return Browser(TestApp(application, extra_environ=environ), cookie="")


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    """Let each test begin without wrong attempts."""
    sign_in_attempts.cache_clear()


@pytest.mark.parametrize(
    ("public_url", "cookie"),
    [
        (SITE, f"{COOKIE}={TOKEN}; Path=/; HttpOnly; SameSite=Strict; Secure"),
        ("http://127.0.0.1:8000", f"rentomatic={TOKEN}; Path=/; HttpOnly; SameSite=Strict"),
    ],
)
def test_a_token_signs_in(public_url: str, cookie: str) -> None:
    """Into a cookie that scripts cannot read and other sites cannot send, until sign-out."""
    browser = visitor(public_url)
    answer = browser.post("/sign-in", {"token": f" {TOKEN}\r\n", "return": "/rooms/new"})
    assert answer.headers["Location"] == "/rooms/new"
    assert answer.headers["Set-Cookie"] == cookie
    assert answer.headers["Cache-Control"] == "no-store"
    browser.cookie = cookie.partition(";")[0]
    assert "Sign out (office)" in browser.get("/rooms/new").text
    answer = browser.post("/sign-out")
    assert answer.headers["Set-Cookie"].startswith(f"{cookie.partition('=')[0]}=; Max-Age=0; ")


@pytest.mark.parametrize("path", PAGES)
def test_pages_for_staff_ask_to_sign_in_and_come_back(path: str) -> None:
    """With the query, and in the language that was chosen; a form is refused."""
    browser = visitor()
    answer = browser.get(f"{path}?lang=ja", status=303)
    assert (
        answer.headers["Location"] == f"/sign-in?return={quote(path + '?lang=ja', safe='')}&lang=ja"
    )
    page = browser.get(answer.headers["Location"])
    assert page.html.html["lang"] == "ja"
    assert page.html.select_one("input[name=return]")["value"] == f"{path}?lang=ja"
    if path != "/import":
        assert browser.post(path, status=401).headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_signing_in_keeps_the_language_that_was_chosen_last(language: str) -> None:
    """Even if that was changed on the page where the token is asked for; the page is found."""
    browser = visitor()
    sent = {"token": TOKEN, "return": "/rooms?filter_price__lt=60&lang=ja&limit=5"}
    answer = browser.post(f"/sign-in?lang={language}", sent)
    expected = f"/rooms?filter_price__lt=60&limit=5&lang={language}"
    assert answer.headers["Location"] == expected
    assert browser.get(expected).html.html["lang"] == language
    kept = browser.post("/sign-in", sent).headers["Location"]
    assert kept == sent["return"]


@pytest.mark.parametrize(
    "back",
    [
        *("//evil.example", "/\\evil.example", "\\evil.example", "https://evil.example", ""),
        *("evil.example", "/\t/evil.example", "/rooms\r\nSet-Cookie: a=b", "javascript:alert(1)"),
        *("/%0d%0a\n", " /rooms", "/ro\\oms", "/räume"),
    ],
)
def test_signing_in_never_leads_to_another_site(back: str) -> None:
    """Whatever a link to the page says."""
    browser = visitor()
    answer = browser.post("/sign-in", {"token": TOKEN, "return": back})
    assert answer.headers["Location"] == "/rooms"
    if back and "\n" not in back:
        page = browser.get(f"/sign-in?return={quote(back, safe='')}")
        assert page.html.select_one("input[name=return]")["value"] == "/rooms"


@pytest.mark.parametrize(
    "token",
    [
        f"{TOKEN}x",
        TOKEN[:-1],
        digest_of(TOKEN),
        "office",
        "ä",
        "a b",
        "x" * 5000,
        "rom_" + "n" * 43,
    ],
)
def test_no_answer_says_whether_a_token_exists(token: str) -> None:
    """Each wrong one gets the same, without the token in it, and no cookie."""
    browser = visitor()
    wrong = browser.post("/sign-in", {"token": "x", "return": ""}, status=403)
    answer = browser.post("/sign-in", {"token": token, "return": ""}, status=403)
    assert answer.body == wrong.body
    assert "Set-Cookie" not in answer.headers
    assert problems_of(answer) == [
        (
            "Token: This token is not valid. Check that you have pasted all of it, or ask your"
            " administrator."
        )
    ]


def test_wrong_tokens_slow_an_address_down() -> None:
    """Then even the right one has to wait; other addresses need not."""
    browser = visitor(address="192.0.2.1")
    for _ in range(20):
        browser.post("/sign-in", {"token": TOKEN, "return": ""})
    for _ in range(FREE_ATTEMPTS):
        browser.post("/sign-in", {"token": "x", "return": ""}, status=403)
    for token in ("x", TOKEN):
        answer = browser.post("/sign-in", {"token": token, "return": ""}, status=429)
        assert 0 < int(answer.headers["Retry-After"]) <= 10
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Retry-After"] in problems_of(answer)[0]
    environ = {"REMOTE_ADDR": "192.0.2.2"}
    browser.post("/sign-in", {"token": TOKEN, "return": ""}, extra_environ=environ)


def test_no_token_is_a_mistake_and_not_an_attempt() -> None:
    """It can be corrected at once."""
    browser = visitor()
    for _ in range(FREE_ATTEMPTS + 1):
        answer = browser.post("/sign-in", {"token": " ", "return": ""}, status=400)
    assert problems_of(answer) == ["Token: Enter your token"]


@pytest.mark.parametrize(
    ("public_url", "tokens", "reason"),
    [
        (None, TOKENS, "has to set RENTOMATIC_PUBLIC_URL"),
        ("http://rooms.example.com", TOKENS, "to the https address of this site"),
        (SITE, {}, "has to create a token first"),
    ],
)
def test_where_nobody_can_sign_in_the_page_says_why(
    public_url: str | None, tokens: dict[str, str], reason: str
) -> None:
    """A token is never sent where others could read it."""
    application = Application(Stores(MemRepo(book_rooms())), tokens=tokens, public_url=public_url)
    browser = Browser(TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"}))
    answer = browser.get("/sign-in", status=403)
    assert reason in answer.text
    assert not answer.html.select("main form")
    browser.post("/sign-in", {"token": TOKEN, "return": ""}, status=403)
    for path in PAGES:
        browser.get(path, status=303)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": SITE},
        {"Referer": f"{SITE}/rooms/new"},
    ],
)
@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-out", "/rooms/new", f"/rooms/{CODE}/edit", f"/rooms/{CODE}/remove"]
)
def test_forms_of_other_pages_are_refused(path: str, headers: dict[str, str]) -> None:
    """Although the browser is signed in; nothing is changed."""
    browser = visitor()
    browser.cookie = f"{COOKIE}={TOKEN}"
    browser.headers = {"Accept": "application/json", **headers}
    before = browser.client.get("/rooms").body
    answer = browser.post(path, {"token": TOKEN, "price": "1"}, status=403)
    assert "Sec-Fetch-Site" in answer.json["message"]
    assert "Set-Cookie" not in answer.headers
    assert browser.client.get("/rooms").body == before


def test_an_older_browser_names_its_origin() -> None:
    """Our own suffices."""
    browser = visitor()
    browser.headers = {"Accept": HTML, "Origin": SITE}
    browser.post("/sign-in", {"token": TOKEN, "return": ""})


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_see_no_signed_in_page(site: str) -> None:
    """A page that they load or link to is the one for visitors."""
    browser = visitor()
    public = browser.get("/rooms").text
    browser.cookie = f"{COOKIE}={TOKEN}"
    assert "Sign out" in browser.get("/rooms").text
    browser.headers["Sec-Fetch-Site"] = site
    assert browser.get("/rooms").text == public


@pytest.mark.parametrize("path", ["/rooms", f"/rooms/{CODE}"])
def test_a_signed_in_page_is_stored_by_no_cache(path: str) -> None:
    """Neither ours: it has no tag, and a visitor's page is never returned for it."""
    browser = visitor()
    public = browser.get(path)
    tag = public.headers["ETag"]
    browser.cookie = f"a=b; {COOKIE}={TOKEN}"
    browser.headers["If-None-Match"] = tag
    unix = {"REMOTE_ADDR": ""}
    for _ in range(2):
        answer = browser.client.get(path, headers=browser.sent, extra_environ=unix)
        assert "Sign out (office)" in answer.text
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert not {"ETag", "X-Accel-Expires"} & {*answer.headers}
    browser.cookie = "a=b"
    assert browser.client.get(path, headers=browser.sent, status=304).headers["ETag"] == tag


def test_the_api_takes_no_cookie() -> None:
    """Neither to write nor to see who changed a room."""
    browser = visitor()
    headers = {"Cookie": f"{COOKIE}={TOKEN}", "Sec-Fetch-Site": "same-origin"}
    headers["Content-Type"] = "application/json"
    for method, path in (
        ("POST", "/rooms"),
        ("PUT", f"/rooms/{CODE}"),
        ("DELETE", f"/rooms/{CODE}"),
    ):
        body = json.dumps({"size": 1}).encode()
        browser.client.request(path, method=method, body=body, headers=headers, status=401)
    answer = browser.client.get("/rooms", headers=headers)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "ETag" in answer.headers


def test_forms_take_no_authorization() -> None:
    """Pages are for people, the API for programs."""
    browser = visitor()
    browser.headers["Authorization"] = f"Bearer {TOKEN}"
    browser.post("/rooms/new", {"size": "1"}, status=401)


def test_a_preflight_offers_no_form(client: TestApp) -> None:
    """Other origins use the API."""
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    for path in ("/sign-in", "/rooms/new", "/import"):
        answer = client.options(path, headers=headers)
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"


def test_a_revoked_token_signs_out() -> None:
    """There is no session beside the token."""
    browser = visitor(**{digest_of(OTHER): "portal"})
    browser.cookie = f"{COOKIE}={TOKEN}"
    browser.get("/rooms/new", status=303)
    assert "Sign out" not in browser.get("/rooms").text
