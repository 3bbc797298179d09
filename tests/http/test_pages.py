"""Pages for people: another representation of the same resources."""

from urllib.parse import urljoin

import pytest
from webtest import TestApp

CODE = "f853578c-fc0f-4e65-81b8-566c5dffa35a"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PATHS = ["/rooms", f"/rooms/{CODE}"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("accept", "query", "media_type"),
    [
        (BROWSER["Accept"], "", "text/html"),
        ("text/html", "", "text/html"),
        ("*/*", "?format=html", "text/html"),
        ("", "", "application/json"),
        ("*/*", "", "application/json"),
        ("text/*", "", "text/csv"),
        ("text/html, application/json", "", "application/json"),
        (BROWSER["Accept"], "?format=csv", "text/csv"),
    ],
)
def test_a_page_is_one_of_the_formats(
    client: TestApp, path: str, accept: str, query: str, media_type: str
) -> None:
    """Browsers get it; programs that do not ask for it do not."""
    answer = client.get(path + query, headers={"Accept": accept})
    assert answer.content_type == media_type


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("accepted", "query", "language"),
    [
        ("", "", "en"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "", "ja"),
        ("en;q=0.5, JA;q=0.6", "", "ja"),
        ("de, fr", "", "en"),
        ("ja;q=0, *", "", "en"),
        ("ja", "?lang=en", "en"),
        ("en", "?lang=ja", "ja"),
    ],
)
def test_a_page_has_the_language_of_its_visitor(
    client: TestApp, path: str, accepted: str, query: str, language: str
) -> None:
    """A link chooses it, otherwise the browser; each page links to itself in the other one."""
    answer = client.get(path + query, headers={**BROWSER, "Accept-Language": accepted})
    assert answer.html.html["lang"] == language
    assert answer.headers["Vary"] == "Accept, Accept-Language, Cookie"
    (other,) = answer.html.select("header a[hreflang]")
    assert other["hreflang"] == other["lang"] != language
    followed = client.get(urljoin(path, other["href"]), headers=BROWSER)
    assert followed.html.html["lang"] == other["lang"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/rooms/nothing", 404),
        ("GET", "/rooms/changes?since=x", 400),
        ("DELETE", "/rooms", 405),
        ("POST", "/rooms", 403),
        ("GET", "/rooms?limit=none", 400),
    ],
)
def test_a_failure_is_a_page_too(client: TestApp, method: str, path: str, status: int) -> None:
    """With its own status, and headers as on every page; it is not stored."""
    answer = client.request(path, method=method, headers=BROWSER, status=status)
    assert answer.content_type == "text/html"
    assert answer.html.h1.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert client.request(path, method=method, status=status).content_type == "application/json"
    problem = {"Accept": "application/problem+json, text/html"}
    answer = client.request(path, method=method, headers=problem, status=status)
    assert answer.content_type == "application/problem+json"


def test_what_a_page_loads_may_be_kept_for_ever(client: TestApp) -> None:
    """Its address has a digest of its content; another digest is not found."""
    page = client.get("/rooms", headers=BROWSER).html
    for each in page.select("head link[rel=stylesheet], head link[rel=icon]"):
        answer = client.get(each["href"])
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        name, digest, suffix = each["href"].split(".")
        client.get(f"{name}.{digest[::-1]}.{suffix}", status=404)
    client.get("/assets/page.css", status=404)
