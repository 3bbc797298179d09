"""Relaxations over HTTP: their parameters and links, and what the page of an empty search says."""

# ruff: noqa: RUF001 - the punctuation of Japanese

from collections.abc import Callable
from contextlib import closing
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from webtest import TestApp, TestResponse

from rentomatic.config import PostgresDatabase
from rentomatic.domain.rent import Rent
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.use_cases import room_relaxations
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores

MakeRoom = Callable[..., Room]
PATH = "/rooms/relaxations"
# Only FIRST, of 39, costs less than 48 and has fewer than 300 square metres.
NOTHING = "filter_price__lt=48&filter_size__gte=300"


def links(answer: TestResponse) -> list[str]:
    """Return the links of an answer to relaxations."""
    given = answer.headers["Link"].split(", ")
    return [each.partition(">")[0].removeprefix("<") for each in given if PATH in each]


def sentences(answer: TestResponse) -> list[str]:
    """Return what the page of an empty search suggests."""
    return [each.text.strip() for each in answer.html.select(".relaxations li")]


def page(client: TestApp, query: str) -> TestResponse:
    """Return the page of a search."""
    return client.get(f"/rooms?{query}", headers={"Accept": "text/html"})


def test_each_changed_search_is_linked(client: TestApp) -> None:
    """With its number of rooms; what is not changed stays as it was sent."""
    answer = client.get(f"{PATH}?{NOTHING}&sort=price&fields=code,size&utm_source=x")
    assert answer.json == [
        {
            "parameter": "filter_size__gte",
            "from": "300",
            "to": "215",
            "count": 1,
            "count_kind": "exact",
            "href": "/rooms?filter_price__lt=48&sort=price&fields=code,size&filter_size__gte=215",
        },
        {
            "parameter": "filter_price__lt",
            "from": "48",
            "to": "67",
            "count": 1,
            "count_kind": "exact",
            "href": "/rooms?filter_size__gte=300&sort=price&fields=code,size&filter_price__lt=67",
        },
    ]
    for each in answer.json:
        (room,) = client.get(each["href"]).json
        assert room.keys() == {"code", "size"}


@pytest.mark.parametrize(
    "query",
    [
        "q=b%C3%A4lcony+%22x%22",
        "filter_city__in=%22Ghent,%20Belgium%22,Paris",
        "filter=city%20%3D%20'a%26b'",
        "filter_title__eq=a%2Bb",
        "bbox=10,10,11,11",
        "near=10,10&radius=5&sort=distance",
    ],
)
def test_what_was_sent_is_repeated_as_it_was(client: TestApp, query: str) -> None:
    """Escapes and quotes survive; the link of the only relaxation finds the book's rooms."""
    answer = client.get(f"{PATH}?{query}&filter_price__gte=39")
    (relaxation,) = answer.json
    given = dict(parse_qsl(query))
    assert relaxation["from"] == given[relaxation["parameter"]]
    found = client.get(relaxation["href"])
    assert len(found.json) == relaxation["count"]
    assert "filter_price__gte=39" in urlsplit(relaxation["href"]).query


def test_an_empty_search_links_to_its_relaxations(client: TestApp) -> None:
    """In every format; the link is without what only the first answer has."""
    for form in ("json", "csv", "ndjson", "geojson"):
        answer = client.get(f"/rooms?{NOTHING}&sort=-price&limit=5&format={form}")
        (link,) = links(answer)
        assert link == f"{PATH}?{NOTHING}&sort=-price&limit=5"
        assert 'rel="related"; title=' in answer.headers["Link"]
    assert len(client.get(link).json) == 2


@pytest.mark.parametrize("query", ["", "filter_price__lt=40", "limit=none&filter_price__lt=1"])
def test_another_search_does_not(client: TestApp, query: str) -> None:
    """It has rooms, or is a stream that may have some."""
    assert not links(client.get(f"/rooms?{query}"))


def test_without_any_room_there_is_nothing_to_relax(postgres_embedded: PostgresRepo) -> None:
    """Neither a link nor a relaxation; the page gives its usual advice."""
    client = TestApp(Application(Stores(postgres_embedded)))
    assert not links(client.get("/rooms"))
    assert client.get(f"{PATH}?{NOTHING}").json == []
    assert "Try a wider range" in page(client, "lang=en").text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("filter_price__lt=abc", "filters: price__lt must be an integer"),
        ("filter_prise__lt=1", "did you mean price__lt?"),
        ("filter_price__lt=1&filter_price__lt=2", "filter_price__lt: is given more than once"),
        ("radius=1", "radius: needs near=longitude,latitude"),
        ("sort=prise", "sort: prise is not a sort key; did you mean price?"),
        ("filter=price+%3C", "filter: "),
        ("after=abc", "after: Parameter after cannot be used"),
        ("format=csv", "format: Parameter format cannot be used"),
    ],
)
def test_the_search_is_read_strictly(client: TestApp, query: str, message: str) -> None:
    """As by /rooms itself; all of its mistakes are reported."""
    answer = client.get(f"{PATH}?{query}", status=400)
    assert message in answer.json["message"]


def test_only_json_is_offered(client: TestApp) -> None:
    """Another media type is a 406."""
    client.get(f"{PATH}?{NOTHING}", headers={"Accept": "text/csv"}, status=406)


def test_a_write_is_seen_at_once(client: TestApp, postgres_embedded: PostgresRepo) -> None:
    """Although answers are kept while no room changes."""
    (room,) = client.get("/rooms?filter_price__eq=39").json
    for price in (40, 41, 42):
        client.get(f"{PATH}?filter_price__lt=39")
        postgres_embedded.update(UUID(room["code"]), {"price": price})
        for _ in range(2):
            (found,) = client.get(f"{PATH}?filter_price__lt=39").json
            assert found["to"] == str(price + 1)


@pytest.fixture
def described(postgres_embedded: PostgresRepo, make_room: MakeRoom) -> TestApp:
    """The service over rooms in and around one city."""
    postgres_embedded.save(
        [
            make_room(1, price=650, size=40, city="Ghent", bedrooms=1, latitude=51.0),
            make_room(2, price=900, size=80, city="Ghent", bedrooms=3, latitude=51.03),
            make_room(3, price=900, size=81, city="Ghent", bedrooms=3, latitude=51.03),
            make_room(4, price=300, size=20, title="Loft", available_from=date(2027, 3, 1)),
        ]
    )
    return TestApp(Application(Stores(postgres_embedded), rent=Rent("EUR", "month")))


SAID = {
    "filter_city__eq=ghent&filter_price__lte=500": [
        ("1 room up to €650 per month", "月額 €650以下にすると1件"),
        ("1 room without “City: ghent”", "「都市：ghent」を外すと1件"),
    ],
    "filter_price__gte=1000&filter_city__eq=Ghent": [
        ("2 rooms from €900 per month", "月額 €900以上にすると2件"),
    ],
    "filter_size__gte=100": [("1 room from 81 m²", "81 m²以上にすると1件")],
    "filter_bedrooms__gte=4": [
        ("2 rooms with at least 3 bedrooms", "寝室3室以上にすると2件"),
    ],
    "filter_bedrooms__lte=0": [("1 room with at most 1 bedroom", "寝室1室以下にすると1件")],
    "filter_available_from__lte=2027-01-31": [
        ("1 room available by 1 March 2027", "入居可能日を2027年3月1日以前にすると1件"),
    ],
    "filter_available_from__gte=2028-01-31": [
        ("1 room available from 1 March 2027 on", "入居可能日を2027年3月1日以降にすると1件"),
    ],
    "near=21,51&radius=2000&filter_size__gt=50": [
        (
            "1 room with “Size (m²), more than: 39”",
            "「広さ（m²）・より大きい：39」にすると1件",
        ),
        ("2 rooms within 3.4 km", "距離を3.4 km以内に広げると2件"),
    ],
    "near=21,51&radius_min=300000": [
        ("1 room at least 111.1 km away", "距離を111.1 km以上にすると1件"),
    ],
    "bbox=20.9,50,21.1,50.9": [("1 room in a larger area", "範囲を広げると1件")],
    "q=garden": [("4 rooms without “Keywords: garden”", "「キーワード：garden」を外すと4件")],
    "filter=price%20%3C%205": [
        ("4 rooms without “Expression: price < 5”", "「条件式：price < 5」を外すと4件"),
    ],
    "filter_city__null=true&filter_price__gte=650": [
        ("1 room from €300 per month", "月額 €300以上にすると1件"),
        ("3 rooms without “City: Without”", "「都市：なし」を外すと3件"),
    ],
}


@pytest.mark.parametrize("query", SAID)
def test_the_page_of_an_empty_search_says_it_in_sentences(described: TestApp, query: str) -> None:
    """In both languages, each with a link that finds as many rooms and keeps the language."""
    for number, language in enumerate(("en", "ja")):
        answer = page(described, f"{query}&lang={language}")
        assert sentences(answer) == [each[number] for each in SAID[query]]
        for each in answer.html.select(".relaxations a"):
            assert f"lang={language}" in each["href"]
            cards = page(described, urlsplit(each["href"]).query).html.select(".card")
            assert str(len(cards)) in each.text


def test_at_least_no_bedroom_is_any_number(
    postgres_embedded: PostgresRepo, make_room: MakeRoom
) -> None:
    """A studio has none."""
    postgres_embedded.save([make_room(1, bedrooms=0)])
    client = TestApp(Application(Stores(postgres_embedded)))
    query = "filter_bedrooms__gte=1&lang="
    assert sentences(page(client, f"{query}en")) == ["1 room with any number of bedrooms"]
    assert sentences(page(client, f"{query}ja")) == ["寝室数を問わなければ1件"]


def test_the_page_says_that_no_single_change_helps(described: TestApp) -> None:
    """And offers the search without filters."""
    answer = page(described, "filter_city__eq=Paris&filter_price__lt=5")
    assert not sentences(answer)
    said = [each.text for each in answer.html.select("#rooms > p")]
    assert said == [
        "There is no single change to this search that finds rooms.",
        "Show all rooms",
        "Follow new rooms in a feed reader",
    ]


def test_the_page_of_a_search_with_rooms_suggests_nothing(described: TestApp) -> None:
    """Nor does a page behind the last room."""
    assert not sentences(page(described, "filter_price__lte=300"))


def test_what_takes_too_long_is_said(described: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client learns what to narrow; the page gives its usual advice, and is not kept."""
    query = "filter_city__eq=Ghent&filter_price__lt=50"
    monkeypatch.setattr(room_relaxations, "MOST_SECONDS", -1.0)
    answer = described.get(f"{PATH}?{query}", status=503)
    assert answer.json["message"].startswith("The search took too long")
    assert "Try a wider range" in page(described, query).text
    monkeypatch.undo()
    assert len(sentences(page(described, query))) == 1


def test_more_than_a_thousand_rooms_are_said_to_be_more(
    postgres_embedded: PostgresRepo, make_room: MakeRoom
) -> None:
    """The number is the lower limit."""
    postgres_embedded.save(make_room(number, price=60) for number in range(1_100))
    client = TestApp(Application(Stores(postgres_embedded)))
    (found,) = client.get(f"{PATH}?filter_price__lt=50").json
    assert (found["count"], found["count_kind"]) == (1_001, "at_least")
    assert sentences(page(client, "filter_price__lte=50")) == [
        "More than 1,000 rooms up to €60 per month"
    ]


def test_an_estimate_is_said_to_be_one(
    embedded_rooms: PostgresDatabase,
    postgres_embedded: PostgresRepo,
    make_room: MakeRoom,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If counting takes too long."""
    postgres_embedded.save(make_room(number, price=60) for number in range(1_100))
    with closing(Connections(embedded_rooms.url)) as connections:
        repository = PostgresRepo(connections)
        find = PostgresRepo.count_some

        def estimate(self: PostgresRepo, selection: Any, most: int) -> Any:  # noqa: ANN401
            with monkeypatch.context() as patch:
                patch.setattr(PostgresRepo, "_run_if_fast", lambda *_: None)
                return find(self, selection, most)

        monkeypatch.setattr(PostgresRepo, "count_some", estimate)
        client = TestApp(Application(Stores(repository)))
        (found,) = client.get(f"{PATH}?filter_price__lt=50").json
        assert found["count_kind"] == "estimate"
        assert found["count"] >= 1
        said = sentences(page(client, "filter_price__lte=50"))
    assert said[0].startswith("About 1,")
