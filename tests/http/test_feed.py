"""`/rooms/feed` over HTTP: an Atom feed (RFC 4287) of the newest rooms of a search."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import feedparser
import mongomock
import psycopg
import pytest
from lxml import etree
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.mongorepo import MongoRepo
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores

MakeRoom = Callable[..., Room]
GRAMMAR = etree.RelaxNG(file=Path(__file__).with_name("atom.rng"))
ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "https://rooms.example.com"
HTML = {"Accept": "text/html"}


def parsed(body: bytes) -> Any:  # noqa: ANN401 - feedparser has no types
    """Parse a feed that must be valid: by the grammar, and by what the grammar does not say."""
    tree = etree.fromstring(body)
    assert GRAMMAR.validate(tree), GRAMMAR.error_log
    assert tree.find(f"{ATOM}author") is not None
    for each in tree.findall(f"{ATOM}entry"):
        assert each.find(f"{ATOM}link[@rel='alternate']") is not None
    ids = [each.text for each in tree.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))
    feed = feedparser.parse(body)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


@pytest.fixture
def app(postgres_embedded: PostgresRepo) -> TestApp:
    """The application over PostgreSQL, without rooms, with an address."""
    return TestApp(Application(Stores(postgres_embedded), public_url=SITE))


def test_the_newest_rooms_come_first(
    app: TestApp, postgres_embedded: PostgresRepo, make_room: MakeRoom
) -> None:
    """At most fifty of those that match, each with what a person chooses it by."""
    postgres_embedded.save([make_room(n, price=n) for n in range(1, 60)])
    room = make_room(
        99,
        title="Sunny flat",
        description="Two lines\nof text",
        city="Łódź",
        price=1_200,
        size=45,
        bedrooms=2,
        available_from=date(2027, 1, 7),
        longitude=19.45,
        latitude=51.77,
    )
    postgres_embedded.add(room)
    answer = app.get("/rooms/feed?filter_price__gt=5")
    assert answer.content_type == "application/atom+xml"
    feed = parsed(answer.body)
    assert len(feed.entries) == 50
    first = feed.entries[0]
    assert first.id == f"urn:uuid:{room.code}"
    assert first.link == f"{SITE}/rooms/{room.code}"
    assert first.title == "Sunny flat"
    assert first.summary == (
        "€1,200 per month · 45 m² · 2 bedrooms · Łódź · Available from 7 January 2027"
    )
    assert first.content[0].value == "Two lines\nof text"
    assert first.where.coordinates == (19.45, 51.77)
    assert first.updated == first.published == feed.feed.updated
    assert feed.entries[1].title == "Room of 50 m²"
    assert [int(each.id[-4:], 16) for each in feed.entries[1:]] == list(range(59, 10, -1))


def test_a_feed_links_to_itself_and_to_its_search(app: TestApp) -> None:
    """By absolute addresses, since readers keep the file; a Japanese one stays Japanese."""
    feed = parsed(app.get("/rooms/feed?q=caf%C3%A9&lang=ja").body).feed
    links = {each.rel: each.href for each in feed.links}
    assert links == {
        "self": f"{SITE}/rooms/feed?q=caf%C3%A9&lang=ja",
        "alternate": f"{SITE}/rooms?q=caf%C3%A9&lang=ja",
    }
    assert feed.title == "新着の賃貸部屋 | キーワード\N{FULLWIDTH COLON}café"
    assert feed.language == "ja"


def test_a_feed_names_its_search(app: TestApp) -> None:
    """In the words of the form, as its readers know it."""
    query = "filter_city__eq=Paris&filter_price__lt=25&filter_image__null=false&near=2.35,48.86"
    query += "&radius=500&price_falls=true"
    title = parsed(app.get(f"/rooms/feed?{query}").body).feed.title
    named = "City: Paris, Rent (€ per month), less than: 25, Picture: With"
    named += ", Near (longitude, latitude): 2.35,48.86, Within (metres): 500, reduced prices too"
    assert title == f"New rooms for rent \N{EN DASH} {named}"


def test_without_an_address_links_are_relative(
    postgres_embedded: PostgresRepo, make_room: MakeRoom
) -> None:
    """To the address from which the feed was read; a Host that was sent does not count."""
    postgres_embedded.save([make_room()])
    client = TestApp(Application(Stores(postgres_embedded)))
    tree = etree.fromstring(client.get("/rooms/feed", headers={"Host": "evil.example"}).body)
    hrefs = [each.get("href") for each in tree.iter(f"{ATOM}link")]
    assert hrefs == ["/rooms/feed", "/rooms", f"/rooms/{make_room().code}"]


def test_the_id_of_a_feed_is_that_of_its_search(app: TestApp) -> None:
    """In any order of its parameters and in each language, and no other search has it."""

    def id_of(query: str) -> str:
        return parsed(app.get(f"/rooms/feed?{query}").body).feed.id

    first = id_of("q=a&filter_price__lt=60")
    assert first.startswith("urn:uuid:")
    assert id_of("filter_price__lt=60&q=a") == id_of("q=a&filter_price__lt=60&lang=ja") == first
    others = {id_of(each) for each in ("", "q=a", "q=b", "q=a&filter_price__lt=61")}
    assert len(others | {first}) == 5
    assert id_of("price_falls=true") != id_of("")


def test_a_feed_without_rooms_is_valid(app: TestApp) -> None:
    """It has a time, as each feed must, but no Last-Modified."""
    answer = app.get("/rooms/feed?filter_price__lt=0")
    assert parsed(answer.body).entries == []
    assert "Last-Modified" not in answer.headers
    assert app.get("/rooms/feed?filter_price__lt=0").body == answer.body


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> & \"quotes\" 'too' ]]>",
        "🏠 Ático \U0001d4b5 \u200b",
        "&lt;b&gt; &amp;",
        "\ufffe and \uffff, which XML does not allow",
    ],
)
def test_any_text_is_only_text(
    app: TestApp, postgres_embedded: PostgresRepo, make_room: MakeRoom, text: str
) -> None:
    """Markup, emoji and what XML cannot express leave the feed valid."""
    postgres_embedded.save([make_room(title=text, description=f"\t{text}\n{text}".strip())])
    (entry,) = parsed(app.get("/rooms/feed").body).entries
    tree = etree.fromstring(app.get("/rooms/feed").body)
    expected = text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    assert tree.findtext(f"{ATOM}entry/{ATOM}title") == expected
    assert tree.findtext(f"{ATOM}entry/{ATOM}content") == f"{expected}\n{expected}"
    assert entry.title_detail.type == "text/plain"


def test_rooms_whose_price_fell_are_added_on_request(
    app: TestApp, postgres_embedded: PostgresRepo, make_room: MakeRoom
) -> None:
    """With the former price, by the time of the fall; a rise ends that."""
    rooms = [make_room(n, price=100) for n in range(1, 60)]
    postgres_embedded.save(rooms)
    postgres_embedded.update(rooms[0].code, {"price": 90})
    postgres_embedded.update(rooms[1].code, {"price": 80})
    ids = [each.code.urn for each in rooms[:2]]
    plain = parsed(app.get("/rooms/feed").body)
    assert not {each.id for each in plain.entries} & set(ids)
    fallen = parsed(app.get("/rooms/feed?price_falls=true&filter_price__lt=95").body)
    assert [each.id for each in fallen.entries] == ids[::-1]
    assert fallen.entries[0].summary.startswith("Price reduced from €100 · €80 per month")
    assert fallen.entries[0].published < fallen.entries[0].updated == fallen.feed.updated
    whole = parsed(app.get("/rooms/feed?price_falls=true").body)
    assert [each.id for each in whole.entries][:2] == ids[::-1]
    assert len(whole.entries) == 50
    postgres_embedded.update(rooms[1].code, {"price": 85})
    risen = parsed(app.get("/rooms/feed?price_falls=true&filter_price__lt=95").body)
    assert "Price reduced" not in "".join(
        each.summary for each in risen.entries if each.id == ids[1]
    )


def test_a_reader_that_has_the_feed_gets_no_other(
    app: TestApp, postgres_embedded: PostgresRepo, make_room: MakeRoom
) -> None:
    """By its tag, or by its time; a tag overrides the time, and a malformed time is ignored."""
    postgres_embedded.save([make_room()])
    answer = app.get("/rooms/feed")
    modified = parsedate_to_datetime(answer.headers["Last-Modified"])
    for later in (timedelta(), timedelta(days=1)):
        since = {"If-Modified-Since": format_datetime(modified + later, usegmt=True)}
        unchanged = app.get("/rooms/feed", headers=since, status=304)
        assert unchanged.headers["ETag"] == answer.headers["ETag"]
        assert unchanged.headers["Last-Modified"] == answer.headers["Last-Modified"]
        app.get("/rooms/feed", headers={**since, "If-None-Match": '"other"'}, status=200)
    earlier = format_datetime(modified - timedelta(seconds=1), usegmt=True)
    distant = "Mon, 01 Jan 99999999999 00:00:00 GMT"
    for text in (earlier, "yesterday", "1", ",", distant):
        app.get("/rooms/feed", headers={"If-Modified-Since": text}, status=200)
    known = {"If-None-Match": answer.headers["ETag"]}
    app.get("/rooms/feed", headers=known, status=304)
    assert app.head("/rooms/feed").headers["ETag"] == answer.headers["ETag"]
    postgres_embedded.add(make_room(2))
    changed = app.get("/rooms/feed", headers=known, status=200)
    assert len(parsed(changed.body).entries) == 2


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=5", "Parameter limit cannot be used"),
        ("sort=price", "Parameter sort cannot be used"),
        ("format=json", "Parameter format cannot be used"),
        ("price_falls=1", "price_falls: must be true or false, not '1'"),
        ("lang=de", "lang: must be one of en, ja, not 'de'"),
        ("filter_prise__lt=1", "did you mean price__lt?"),
    ],
)
def test_a_wrong_parameter_is_named(app: TestApp, query: str, message: str) -> None:
    """As everywhere: nothing is ignored, and one mistake is one error."""
    reported = app.get(f"/rooms/feed?{query}", status=400).json["message"]
    assert message in reported
    assert "\n" not in reported


def test_a_feed_has_one_media_type(app: TestApp) -> None:
    """Which browsers accept, too; others are not acceptable."""
    for accepted in ("application/atom+xml", "*/*", "text/html,application/xml;q=0.9,*/*;q=0.8"):
        answer = app.get("/rooms/feed", headers={"Accept": accepted})
        assert answer.content_type == "application/atom+xml"
    app.get("/rooms/feed", headers={"Accept": "application/json"}, status=406)


def test_mongodb_has_no_feed() -> None:
    """It does not record when rooms were added; the answer says what would help."""
    client = TestApp(Application(Stores(MongoRepo(mongomock.MongoClient()["rooms"]))))
    assert "PostgreSQL" in client.get("/rooms/feed", status=404).json["message"]


def test_a_store_in_memory_has_a_feed(make_room: MakeRoom) -> None:
    """As PostgreSQL does."""
    client = TestApp(Application(Stores(MemRepo([make_room(1), make_room(2)]))))
    assert len(parsed(client.get("/rooms/feed").body).entries) == 2


@pytest.mark.parametrize(
    ("lang", "text", "kept"),
    [
        ("en", "Follow new rooms in a feed reader", ""),
        ("ja", "新着をフィードリーダーで購読", "&lang=ja"),
    ],
)
def test_the_page_of_a_search_links_to_its_feed(
    client: TestApp, lang: str, text: str, kept: str
) -> None:
    """In its head and beside its results: the same selection, without order and page."""
    query = f"filter_price__lt=60&near=0.3,51.4&radius=90000&sort=price&limit=1&lang={lang}"
    page = client.get(f"/rooms?{query}", headers=HTML).html
    address = f"/rooms/feed?filter_price__lt=60&near=0.3,51.4&radius=90000{kept}"
    (head,) = page.select('head link[type="application/atom+xml"]')
    assert (head["href"], head["rel"]) == (address, ["alternate"])
    (link,) = page.select("#rooms p.feed a")
    assert (link["href"], link.text) == (address, text)
    assert len(parsed(client.get(address).body).entries) == 2


def test_the_time_of_a_feed_is_that_of_its_latest_change(
    app: TestApp,
    postgres_embedded: PostgresRepo,
    make_room: MakeRoom,
    empty_rooms: PostgresDatabase,
) -> None:
    """Not only of the latest addition: a reader learns of a new title."""
    postgres_embedded.save([make_room(1), make_room(2)])
    with psycopg.connect(empty_rooms.url, autocommit=True) as connection:
        connection.execute("alter table room disable trigger room_update_times")
        connection.execute("update room set added_at = '2026-01-01', updated_at = '2026-01-01'")
        connection.execute("alter table room enable trigger room_update_times")
    before = parsed(app.get("/rooms/feed").body)
    assert before.feed.updated == "2026-01-01T00:00:00.000000Z"
    postgres_embedded.update(make_room(1).code, {"title": "New"})
    after = parsed(app.get("/rooms/feed").body)
    updated = datetime.fromisoformat(after.feed.updated)
    assert timedelta() <= datetime.now(UTC) - updated < timedelta(minutes=10)
    assert after.entries[1].published == before.feed.updated
