"""The page of a room, and of what crawlers and browsers request on their own."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from webtest import TestApp

from rentomatic.domain.room import Room
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores

CODE = "f853578c-fc0f-4e65-81b8-566c5dffa35a"
HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("lang", "price", "facts"),
    [
        (
            "en",
            "€1,234 per month",
            {
                "Size": "85 m²",
                "Bedrooms": "2",
                "Available from": "7 January 2027",
                "Reference": "A-7",
            },
        ),
        (
            "ja",
            "月額 €1,234",
            {"広さ": "85 m²", "寝室数": "2", "入居可能日": "2027年1月7日", "管理番号": "A-7"},
        ),
    ],
)
def test_a_room_is_shown_with_all_that_is_known(
    postgres_embedded: PostgresRepo,
    make_room: Callable[..., Room],
    lang: str,
    price: str,
    facts: dict[str, str],
) -> None:
    """In the visitor's language; its own texts are as they are stored, with their lines."""
    room = make_room(
        size=85,
        price=1_234,
        title="Sunny flat",
        description="First line\nSecond line",
        url="https://example.com/7",
        image="https://example.com/7.jpg",
        bedrooms=2,
        available_from=date(2027, 1, 7),
        reference="A-7",
    )
    postgres_embedded.save([room])
    client = TestApp(Application(Stores(postgres_embedded)))
    page = client.get(f"/rooms/{room.code}?lang={lang}", headers=HTML).html
    assert page.h1.text == "Sunny flat"
    assert page.select_one(".price").text == price
    shown = {each.text: each.find_next("dd").text for each in page.find_all("dt")}
    assert shown.items() >= facts.items()
    assert "First line\nSecond line" in page.text
    assert page.select_one("article img")["src"] == room.image
    offer = page.find("a", href=room.url)
    assert {"nofollow", "noopener"} <= set(offer["rel"])
    nearby = page.find("a", href=re.compile("near="))
    found = client.get(nearby["href"], headers=HTML)
    assert found.html.html["lang"] == lang
    assert len(found.html.select(".card")) == 1


def test_a_room_is_also_there_for_programs(client: TestApp) -> None:
    """Its page links to itself in every other format; its tag is that of its page."""
    page = client.get(f"/rooms/{CODE}?lang=ja", headers=HTML)
    links = page.html.select("head link[rel=alternate]")
    assert len(links) == 4
    for each in links:
        other = client.get(f"/rooms/{CODE}{each['href']}")
        assert other.content_type == each["type"]
        assert other.headers["ETag"] != page.headers["ETag"]
    known = {**HTML, "If-None-Match": page.headers["ETag"]}
    client.get(f"/rooms/{CODE}?lang=ja", headers=known, status=304)
    client.get(f"/rooms/{CODE}?lang=en", headers=known, status=200)
    assert client.head(f"/rooms/{CODE}?lang=ja", headers=HTML).headers["Content-Length"] == str(
        len(page.body)
    )


@pytest.mark.parametrize("query", ["lang=de", "format=htm", "limit=1"])
def test_a_wrong_parameter_of_a_room_is_a_page(client: TestApp, query: str) -> None:
    """It names the parameter."""
    answer = client.get(f"/rooms/{CODE}?{query}", headers=HTML, status=400)
    assert query.partition("=")[0] in answer.html.li.find_next("ul", lang="en").text


class AwayRepository(MemRepo):
    """Is away."""

    def search(self, request: RoomListRequest) -> None:
        """Fail."""
        raise RepositoryUnavailableError


def test_a_database_that_is_away_is_a_page() -> None:
    """With the request's id, to report with the problem, and when to try again."""
    client = TestApp(Application(Stores(AwayRepository())))
    answer = client.get("/rooms", headers={**HTML, "X-Request-Id": "r-1"}, status=503)
    assert answer.html.h1.text == "Sorry, the service is busy"
    assert "r-1" in answer.text
    assert answer.headers["Retry-After"] == "1"


def test_the_root_leads_to_the_search(client: TestApp) -> None:
    """In the language that was chosen."""
    for query in ("", "?lang=ja"):
        answer = client.get(f"/{query}", headers=HTML, status=303)
        assert answer.headers["Location"] == f"/rooms{query}"


@pytest.mark.parametrize(
    ("path", "is_allowed"),
    [
        ("/rooms", True),
        (f"/rooms/{CODE}", True),
        (f"/rooms/{CODE}?lang=ja", True),
        ("/rooms?after=abc", True),
        ("/assets/page.css", True),
        ("/rooms?filter_price__gt=1", False),
        ("/rooms?q=a&after=abc", False),
        (f"/rooms/{CODE}?format=csv", False),
        (f"/rooms/{CODE}/edit", False),
        ("/rooms/changes?since=0", False),
        ("/rooms/feed", False),
        ("/rooms/new", False),
        ("/sign-in", False),
        ("/docs", False),
    ],
)
def test_crawlers_read_rooms_but_no_searches(
    client: TestApp, path: str, *, is_allowed: bool
) -> None:
    """The longest rule that matches counts, and between equals the one that allows (RFC 9309)."""
    lines = client.get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    matching = []
    for line in lines[1:]:
        kind, rule = line.split(": ")
        pattern = re.escape(rule).replace(r"\*", ".*")
        pattern = pattern.removesuffix(r"\$") + ("$" if rule.endswith("$") else "")
        if re.match(pattern, path):
            matching.append((len(rule), kind == "Allow"))
    assert max(matching)[1] == is_allowed
