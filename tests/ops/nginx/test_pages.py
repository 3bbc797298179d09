"""Pages through nginx: each visitor gets the right one from the cache, and no one another's."""

import re
from uuid import uuid4

import pytest

from rentomatic.demo import BOOK
from tests.ops.nginx.seconds import in_one_second
from tests.ops.nginx.site import TOKEN, Answer, Site

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
JAPANESE = {**BROWSER, "Accept-Language": "ja,en-US;q=0.9,en;q=0.8"}
STAFF = {**BROWSER, "Cookie": f"rentomatic={TOKEN}", "Sec-Fetch-Site": "none"}
PATHS = ["/rooms?limit=5", f"/rooms/{BOOK[0][0]}"]
VISITORS = {"a program": {}, "a browser": BROWSER, "a Japanese browser": JAPANESE}


def kind_of(answer: Answer) -> str:
    """Return what an answer is: its media type, and the language of a page."""
    found = re.search(rb'<html lang="(\w+)"', answer.body)
    language = found[1].decode() if found else "-"
    return f"{answer.headers.get_content_type()} {language}"


KINDS = {
    "a program": "application/json -",
    "a browser": "text/html en",
    "a Japanese browser": "text/html ja",
}


@pytest.mark.parametrize("path", PATHS)
@in_one_second
def test_each_visitor_has_an_entry_of_its_own(site: Site, path: str) -> None:
    """A page, the same in another language, and JSON: all of them are cached, and kept apart."""
    for _ in range(2):
        for headers in VISITORS.values():
            site.store(path, headers)
    for name, headers in VISITORS.items():
        answer = site.ask(path, headers)
        assert site.logged(answer)["cache"] == "HIT"
        assert kind_of(answer) == KINDS[name]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("visitor", VISITORS)
@in_one_second
def test_nginx_answers_conditions_itself(site: Site, path: str, visitor: str) -> None:
    """For pages as for JSON; the tag of one is not that of another."""
    headers = VISITORS[visitor]
    site.store(path, headers)
    tag = site.store(path, headers).headers["ETag"]
    answer = site.ask(path, headers | {"If-None-Match": tag})
    assert (answer.status, answer.body) == (304, b"")
    assert site.logged(answer)["cache"] == "HIT"
    for other in VISITORS.keys() - {visitor}:
        assert site.ask(path, VISITORS[other] | {"If-None-Match": tag}).status == 200


@in_one_second
def test_a_format_in_the_address_has_a_language_too(site: Site) -> None:
    """Whatever else a program accepts."""
    for _ in range(3):
        for language in ("en", "ja"):
            answer = site.ask("/rooms?limit=6&format=html", {"Accept-Language": language})
            assert kind_of(answer) == f"text/html {language}"


@pytest.mark.parametrize("accepted", ["de,ja;q=0.5", "ja, ja;q=0.1, en;q=0.5", "fr;q=0, ja, *"])
@in_one_second
def test_an_unclear_language_is_left_to_the_service(site: Site, accepted: str) -> None:
    """No entry is made or used for it."""
    headers = BROWSER | {"Accept-Language": accepted}
    for _ in range(3):
        answer = site.ask(PATHS[0], headers)
        assert site.logged(answer)["cache"] == ""


@in_one_second
def test_who_is_signed_in_passes_the_cache_by(site: Site) -> None:
    """By the session's cookie under both of its names; such an answer is not stored either."""
    path = f"/rooms?limit=7&utm_source={uuid4()}"
    for cookie in ("rentomatic=x", "__Host-rentomatic=x", "a=b; rentomatic=x"):
        session = BROWSER | {"Cookie": cookie}
        assert [site.cache(path, session) for _ in range(3)] == ["", "", ""]
    assert [site.cache(path, BROWSER) for _ in range(3)] == ["MISS", "MISS", "HIT"]
    assert site.cache(path, BROWSER | {"Cookie": "rentomatic=x"}) == ""


@in_one_second
def test_another_cookie_makes_no_difference(site: Site) -> None:
    """It neither passes the cache by, nor has entries of its own."""
    path = f"/rooms?limit=8&utm_source={uuid4()}"
    cookies = ["_ga=1", "_ga=2; xrentomatic=3", "lang=ja"]
    seen = [site.cache(path, BROWSER | {"Cookie": each}) for each in cookies]
    assert seen == ["MISS", "MISS", "HIT"]
    assert site.cache(path, BROWSER) == "HIT"


def test_what_a_page_loads_is_cached(site: Site) -> None:
    """For as long as the service says, which is forever for a digest; compressed on request."""
    page = site.ask("/rooms", BROWSER).body.decode()
    (style,) = re.findall(r'href="(/assets/page\.\w+\.css)"', page)
    lifetimes = {style: "public, max-age=31536000, immutable", "/assets/loft.svg": "public, "}
    for path, lifetime in lifetimes.items():
        for accept in ("text/css,*/*;q=0.1", "image/avif,image/webp,*/*;q=0.8"):
            seen = [site.store(path, {"Accept": accept}) for _ in range(3)]
            assert site.logged(seen[-1])["cache"] == "HIT"
            assert seen[-1].headers["Cache-Control"].startswith(lifetime)
    packed = site.ask(style, {"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    wrong = [site.ask("/assets/page.0123456789abcdef.css") for _ in range(3)]
    assert {each.status for each in wrong} == {404}
    assert site.logged(wrong[-1])["cache"] == "MISS"


@pytest.mark.parametrize("path", ["/rooms", "/docs", "/rooms?limit=0", "/nothing"])
def test_a_page_has_each_header_once(site: Site, path: str) -> None:
    """Its own policies pass, and nginx adds none to them."""
    answer = site.ask(path, BROWSER)
    for name in ("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options"):
        assert len(answer.headers.get_all(name)) == 1, name
    assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
    # Browsers would send forms without an origin otherwise.
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_nginx_s_own_errors_are_pages_for_browsers(away: Site) -> None:
    """With the status, and a policy that allows their own style and nothing else."""
    answer = away.ask("/rooms", BROWSER)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<h1>Service Unavailable</h1>" in answer.body.decode()
    assert answer.headers["X-Request-Id"] in answer.body.decode()
    policy = answer.headers["Content-Security-Policy"]
    assert re.match(r"default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; ", policy)
    problem = away.ask("/rooms", {"Accept": "application/problem+json, text/html"})
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert "style-src" not in problem.headers["Content-Security-Policy"]


def test_what_staff_see_is_stored_nowhere(site: Site) -> None:
    """Neither by nginx nor by the browser."""
    for _ in range(3):
        answer = site.ask("/rooms?limit=9", STAFF)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert site.logged(answer)["cache"] == ""
    for path in ("/sign-in", "/rooms/new", "/import"):
        assert "no-store" in site.ask(path, BROWSER).headers["Cache-Control"]
