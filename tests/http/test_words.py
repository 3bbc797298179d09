"""Searching for words with `q`, as curl does."""

import re
from collections.abc import Callable
from contextlib import closing
from urllib.parse import quote

import pytest
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.slots import Slots
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.databases import locked_rooms

TEXTS = [
    ("Ático luminoso", "Alcalá de Henares", "Con terraza, piscina y ASCENSOR."),
    ("Terraced house", "Żywiec", "Quiet; a garden, two balconies"),
    ("新宿3丁目の部屋", "東京都", "駅まで5分、ガーデンタワー"),
    ("Διαμέρισμα", "Αθήνα", "κοντά στο μετρό"),
    ("Квартира на море", "Алматы", "тихий двор"),
    ("شقة مفروشة", "القاهرة", "قريبة من المترو"),
    (None, None, None),
]


@pytest.fixture
def app(
    client: TestApp, postgres_embedded: PostgresRepo, make_room: Callable[..., Room]
) -> TestApp:
    """The application with a room for each of TEXTS, beside the book's; the price is its number."""
    postgres_embedded.save(
        make_room(number, price=number, title=title, city=city, description=description)
        for number, (title, city, description) in enumerate(TEXTS, 1)
    )
    return client


def found(app: TestApp, q: str, more: str = "") -> list[int]:
    """Search for words; return the numbers of the rooms."""
    return [room["price"] for room in app.get(f"/rooms?q={quote(q)}{more}").json]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("terra", [1, 2]),
        ("terrace", [2]),
        ("TERRAZA atico", [1]),
        ("atico zywiec", []),
        ("ywiec", []),
        ("zywiec", [2]),
        ("balconies, quiet!", [2]),
        ("新宿", [3]),
        ("3丁目", [3]),
        ("5丁目", []),
        ("京都", [3]),
        ("ｶﾞｰﾃﾞﾝ タワー", [3]),
        ("ΑΘΗΝΑ μετρο", [4]),
        ("ТИХИЙ алма", [5]),
        ("الْقاهرة", [6]),
        ("nothing", []),
    ],
)
def test_each_word_begins_a_word_of_the_texts(app: TestApp, q: str, expected: list[int]) -> None:
    """In any of them and in any order, whatever its case and accents."""
    assert found(app, q) == expected
    assert found(app, " ".join(reversed(q.split()))) == expected


def test_words_combine_with_the_rest_of_a_search(app: TestApp) -> None:
    """Filters, places, sorts, counts, formats, and the summary."""
    assert found(app, "terra", "&filter_price__gt=1") == [2]
    assert found(app, "terra", "&bbox=0,0,1,1") == []
    assert found(app, "terra", "&sort=-price") == [2, 1]
    assert found(app, "terra", "&near=21,52&radius=9&sort=distance,-price") == [2, 1]
    assert found(app, "terra", "&limit=none") == [1, 2]
    counted = app.get("/rooms?q=terra&limit=1&count=exact")
    assert counted.headers["X-Total-Count"] == "2"
    assert app.get("/rooms?q=terra&count=estimate").headers["X-Total-Count-Kind"] == "estimate"
    lines = app.get("/rooms?q=terra&fields=price&format=csv").text.split()
    assert lines == ["price", "1", "2"]
    assert app.get("/rooms/summary?q=terra").json["count"] == 2
    histogram = app.get("/rooms/summary?q=terra&filter_price__gt=1").json["price"]["histogram"]
    assert sum(bar["count"] for bar in histogram) == 2


def test_pages_and_links_keep_the_words(app: TestApp) -> None:
    """A cursor belongs to its words, in whatever order and case they are written."""
    page = app.get(f"/rooms?q={quote('Terra')}&limit=1&sort=price")
    references = re.findall(r'<([^>]*)>; rel="(\w+)"', page.headers["Link"])
    links = {relation: reference for reference, relation in references}
    assert links["first"] == "/rooms?q=Terra&limit=1&sort=price"
    assert [room["price"] for room in app.get(links["next"]).json] == [2]
    after = links["next"].partition("&after=")[2]
    assert app.get(f"/rooms?q=terra&limit=1&sort=price&after={after}").json[0]["price"] == 2
    for other in ("q=quiet&", ""):
        refused = app.get(f"/rooms?{other}limit=1&sort=price&after={after}", status=400)
        assert "must be a cursor of this search" in refused.json["message"]


def test_the_entity_tag_depends_on_the_words(app: TestApp) -> None:
    """A search for other words is not the same answer, even if both find nothing."""
    tags = {app.get(f"/rooms?q={q}").headers["ETag"] for q in ("nothing", "nowhere")}
    assert len(tags) == 2


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("q=", "has no value"),
        ("q=%20+", "must be words such as balcony garden, not '  '"),
        ("q=garden+--", "no letter or digit is in '--'"),
        ("q=%E2%9D%A4%EF%B8%8F", "no letter or digit is in"),
        ("q=a&q=b", "is given more than once"),
        ("q=%00", "contains a NUL"),
        ("q=%FF", "is not UTF-8"),
        ("q=%ED%A0%80", "is not UTF-8"),
        (f"q={'+'.join('a' * 21)}", "must be at most 20 words, not 21"),
        (f"q={'+'.join('a' * 1000)}", "must be at most 20 words, not 1000"),
        (f"q={'a' * 101}", "must be words of at most 100 characters"),
        ("query=garden", "did you mean q?"),
        ("search=garden", "did you mean q?"),
    ],
)
@pytest.mark.parametrize("path", ["/rooms", "/rooms/summary"])
def test_text_without_words_is_refused(
    client: TestApp, path: str, query: str, message: str
) -> None:
    """The error says what is wrong, and what would be right."""
    refused = client.get(f"{path}?{query}", status=400)
    assert message in refused.json["message"]


@pytest.fixture
def slots() -> Slots:
    """A single slot."""
    return Slots(1)


def test_a_slow_search_needs_a_slot(
    app: TestApp, embedded_rooms: PostgresDatabase, slots: Slots
) -> None:
    """Such as one for frequent words that few rooms have together; here a lock makes it slow."""
    del app
    with (
        closing(Connections(embedded_rooms.url)) as connections,
        slots.open() as take,
        locked_rooms(embedded_rooms),
    ):
        assert take()
        crowded = TestApp(Application(Stores(PostgresRepo(connections, searches=slots))))
        refused = crowded.get("/rooms?q=terra", status=503)
    assert refused.headers["Retry-After"] == "1"
    assert "a rarer word" in refused.json["message"]


@pytest.mark.parametrize("more", ["", "&sort=-price", "&near=21,52&sort=distance", "&sort=title"])
def test_a_search_with_a_slot_finds_the_same(
    app: TestApp, postgres_embedded: PostgresRepo, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    """It finds all rooms with the words first, in whatever order they are shown."""
    expected = found(app, "terra", more)
    monkeypatch.setattr(postgres_embedded, "_rows_if_fast", lambda *_arguments: None)
    assert found(app, "terra", more) == expected
    assert sorted(expected) == [1, 2]
