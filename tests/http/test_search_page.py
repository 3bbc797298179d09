"""The page of a search: its form, its results, its pages and its mistakes."""

import re
from collections.abc import Callable
from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest
from webtest import TestApp, TestResponse

from rentomatic.domain.rent import Rent
from rentomatic.domain.room import FIELDS, Room
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_fields import FILTER_KEYS, OPERATORS, Takes
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.handlers.room_pages import PAGE_LIMIT
from rentomatic.wsgi.query import FILTER_PREFIX
from rentomatic.wsgi.service import Stores
from tests.operands import OPERANDS

MakeRoom = Callable[..., Room]
HTML = {"Accept": "text/html"}


def page(client: TestApp, query: str = "", **options: object) -> TestResponse:
    """Return the page of a search."""
    return client.get(f"/rooms?{query}" if query else "/rooms", headers=HTML, **options)


def titles(answer: TestResponse) -> list[str]:
    """Return the titles of the rooms on a page."""
    return [each.text for each in answer.html.select(".card h3")]


def test_a_room_is_shown_with_what_matters(
    postgres_embedded: PostgresRepo, make_room: MakeRoom
) -> None:
    """Amounts and dates are written as the language does, in the currency of the settings."""
    room = make_room(
        size=1_085,
        price=1_234,
        title="Sunny flat",
        city="Paris",
        bedrooms=2,
        available_from=date(2027, 1, 7),
        image="https://example.com/a.jpg",
    )
    postgres_embedded.save([room])
    client = TestApp(Application(Stores(postgres_embedded), rent=Rent("GBP", "week")))
    card = page(client).html.select_one(".card")
    assert card.h3.a["href"] == f"/rooms/{room.code}"
    assert "£1,234 per week" in card.text
    assert "1,085 m² · 2 bedrooms · Paris" in card.text
    assert "Available from 7 January 2027" in card.text
    assert card.img["src"] == room.image
    assert card.img["alt"] == "Picture of: Sunny flat"
    japanese = page(client, "lang=ja").html.select_one(".card")
    assert japanese.h3.a["href"] == f"/rooms/{room.code}?lang=ja"
    assert "週額 £1,234" in japanese.text
    assert "2027年1月7日から入居可" in japanese.text


def test_a_room_without_a_title_is_described(client: TestApp) -> None:
    """The book's rooms have neither a title nor a picture."""
    answer = page(client)
    assert "Room of 215 m²" in titles(answer)
    assert all(each["alt"] == "" for each in answer.html.select(".card img"))


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_filter_keeps_its_value_in_the_form(client: TestApp, lang: str) -> None:
    """Those that the form does not offer get a control of their own; each control has a label."""
    for key, (field, operator) in FILTER_KEYS.items():
        takes = OPERATORS[operator].takes
        name = FILTER_PREFIX + key
        value = "true" if takes is Takes.FLAG else str(OPERANDS[type(FIELDS[field].kind)])
        answer = client.get("/rooms", {name: value, "lang": lang}, headers=HTML)
        form = answer.forms[0]
        assert form[name].value == value
        assert form["lang"].value == lang
        assert answer.html.find("label", {"for": name}).text.strip()
        again = form.submit(headers=HTML).follow(headers=HTML)
        assert dict(parse_qsl(urlsplit(again.request.url).query)) == {name: value, "lang": lang}


def test_a_field_that_was_left_empty_is_not_a_mistake(client: TestApp) -> None:
    """A form sends it; the address does not keep it. For programs it stays a mistake."""
    query = "q=&filter_price__gte=40&filter_city__eq=+&sort=&filter_size__lte"
    answer = page(client, query, status=303)
    assert answer.headers["Location"] == "/rooms?filter_price__gte=40"
    assert answer.headers["Vary"] == "Accept, Accept-Language, Cookie"
    assert client.get(f"/rooms?{query}", status=400).json["type"] == "ParametersError"
    assert page(client, "q=", status=303).headers["Location"] == "/rooms"
    page(client, "filter_title__eq=a%3Db%3D")


def test_what_is_wrong_is_said_at_its_control(client: TestApp) -> None:
    """On top there is a link to each; what was given stays in the form."""
    query = "filter_price__gte=abc&filter_available_from__lte=soon&filter_size__lt=x&prise=5&q=!"
    answer = page(client, query, status=400)
    assert answer.html.title.text.startswith("Error: ")
    assert answer.headers["Cache-Control"] == "no-store"
    links = {each["href"]: each.text for each in answer.html.select(".summary a")}
    assert links["#filter_price__gte"] == (
        "Rent (€ per month), From: Enter a whole number such as 60"
    )
    assert set(links) == {
        "#filter_price__gte",
        "#filter_available_from__lte",
        "#filter_size__lt",
        "#q",
    }
    for target in links:
        control = answer.html.find(id=target[1:])
        assert control["aria-invalid"] == "true"
        assert control["type"] == "text"
        assert answer.html.find(id=control["aria-describedby"].strip()).text
    assert answer.forms[0]["filter_available_from__lte"].value == "soon"
    assert "prise" in answer.html.select_one(".summary").text
    assert not answer.html.select(".card")
    assert answer.html.find("details", open=True)
    assert "エラー" in page(client, f"{query}&lang=ja", status=400).html.title.text


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("near=1", "near"),
        ("radius=5", "radius"),
        ("near=1,1&radius=1&radius_min=2", "radius_min"),
        ("bbox=1,2,3", "bbox"),
        ("sort=prise", "sort"),
    ],
)
def test_a_wrong_place_or_order_has_a_control_too(
    client: TestApp, query: str, parameter: str
) -> None:
    """Even one that the form does not offer."""
    answer = page(client, query, status=400)
    (link,) = answer.html.select(".summary a")
    assert answer.html.find(id=link["href"][1:])["name"] == parameter


@pytest.mark.parametrize("query", ["after=x", "limit=0", "lang=de&format=html", "fields=x", "a%"])
def test_a_mistake_in_the_address_is_named(client: TestApp, query: str) -> None:
    """There is no control for it."""
    summary = page(client, query, status=400).html.select_one(".summary")
    assert query.partition("=")[0].rstrip("%") in summary.text


def test_pages_follow_each_other_to_the_last_room(
    postgres_embedded: PostgresRepo, make_room: MakeRoom
) -> None:
    """Each room is on one page; the number of all of them is on each."""
    rooms = [make_room(number + 1, size=number + 1, title=f"Room {number}") for number in range(45)]
    postgres_embedded.save(rooms)
    client = TestApp(Application(Stores(postgres_embedded)))
    answer, found = page(client, "sort=size&lang=ja"), []
    while True:
        found += titles(answer)
        assert answer.html.h2.text == "45件の部屋が見つかりました"
        assert answer.html.html["lang"] == "ja"
        assert bool(answer.html.find("a", rel="first")) == (len(found) > PAGE_LIMIT)
        following = answer.html.find("a", rel="next")
        if not following:
            break
        query = following["href"].lstrip("?").removesuffix("#rooms")
        answer = page(client, query)
    assert found == [each.title for each in rooms]
    assert page(client, "limit=45").html.find("a", rel="next") is None


def test_many_rooms_are_not_counted(postgres_embedded: PostgresRepo, make_room: MakeRoom) -> None:
    """Unless the address asks for it."""
    postgres_embedded.save([make_room(number + 1, size=number + 1) for number in range(1_002)])
    client = TestApp(Application(Stores(postgres_embedded)))
    assert page(client).html.h2.text == "More than 1,000 rooms"
    assert page(client, "filter_size__lte=1000").html.h2.text == "1,000 rooms"
    assert page(client, "count=exact").html.h2.text == "1,002 rooms"
    assert page(client, "count=estimate").html.h2.text.startswith("About ")
    assert page(client, "filter_size__lte=1").html.h2.text == "1 room"


def test_a_search_without_results_says_what_to_do(client: TestApp) -> None:
    """With a link to all rooms."""
    answer = page(client, "filter_price__gt=100000")
    assert answer.html.h2.text == "No rooms match your search"
    assert not answer.html.select(".card")
    assert answer.html.select_one("#rooms > p a")["href"] == "/rooms"


def test_the_same_search_can_be_downloaded(client: TestApp) -> None:
    """All of its rooms, not only those of the page."""
    answer = page(client, "limit=1&sort=price&lang=ja")
    downloads = answer.html.select("footer a[download]")
    assert [each.text for each in downloads] == ["CSV", "JSON", "GeoJSON"]
    for each in downloads:
        found = client.get(f"/rooms{each['href']}", extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})
        assert each["download"].endswith(found.request.params["format"])
        assert b"f853578c" in found.body
        assert b"fe2c3195" in found.body
    *formats, feed = answer.html.select("head link[rel=alternate]")
    assert feed["type"] == "application/atom+xml"
    for each in formats:
        found = client.get(f"/rooms{each['href']}")
        assert found.content_type == each["type"]
        assert b"fe2c3195" not in found.body


def test_only_the_list_of_all_rooms_is_indexed(client: TestApp) -> None:
    """Searches have no end."""
    robots = "meta[name=robots]"
    assert not page(client).html.select(robots)
    assert page(client, "filter_price__gte=1").html.select(robots)
    assert page(client, "filter_price__gte=x", status=400).html.select(robots)


def test_a_page_shows_only_the_fields_of_the_search(client: TestApp) -> None:
    """As every format does."""
    card = page(client, "fields=code,size&limit=1").html.select_one(".card")
    assert "215 m²" in card.text
    assert "€" not in card.text
    assert titles(page(client, "fields=price&limit=1")) == ["Room"]


def test_distances_are_shown(client: TestApp) -> None:
    """In metres or kilometres."""
    answer = page(client, "near=-0.1,51.7544&sort=distance")
    cards = [each.text for each in answer.html.select(".card")]
    assert " m away" in cards[0]
    assert " km away" in cards[1]
    assert answer.forms[0]["sort"].value == "distance"
    assert answer.forms[0]["near"].value == "-0.1,51.7544"


def test_a_page_is_answered_again_only_to_the_same_kind_of_request(client: TestApp) -> None:
    """Its tag and the cache know the language; HEAD has the same headers."""
    english = page(client)
    japanese = client.get("/rooms", headers={**HTML, "Accept-Language": "ja"})
    assert english.headers["ETag"] != japanese.headers["ETag"]
    for answer, language in ((english, "en"), (japanese, "ja")):
        asked = {**HTML, "Accept-Language": language}
        assert client.get("/rooms", headers=asked).body == answer.body
        known = client.get(
            "/rooms", headers={**asked, "If-None-Match": answer.headers["ETag"]}, status=304
        )
        assert known.headers["Vary"] == answer.headers["Vary"]
        head = client.head("/rooms", headers=asked)
        assert head.headers["Content-Length"] == str(len(answer.body))


NASTY = "\"><script>alert(1)</script>'&lt; {{ 7*7 }} {% raw %}"


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_stored_and_given_text_is_only_text(
    postgres_embedded: PostgresRepo, make_room: MakeRoom, lang: str
) -> None:
    """Nothing in it becomes markup, on any page."""
    texts = dict.fromkeys(("title", "description", "city", "reference"), NASTY)
    room = make_room(**texts, url="https://example.com/'onclick='x", image="https://e.com/?a&b'")
    untitled = make_room(2, city=NASTY)
    postgres_embedded.save([room, untitled])
    client = TestApp(Application(Stores(postgres_embedded)))
    given = {"filter_city__eq": NASTY, "filter_title__ne": NASTY, "lang": lang}
    answers = [
        client.get(f"/rooms/{room.code}", {"lang": lang}, headers=HTML),
        client.get("/rooms", {"lang": lang}, headers=HTML),
        client.get("/rooms", given, headers=HTML),
        client.get("/rooms", {**given, "sort": NASTY, NASTY: NASTY}, headers=HTML, status=400),
        client.get(f"/{NASTY}", headers=HTML, status=404),
    ]
    for answer in answers:
        for script in answer.html.find_all("script"):
            assert script.attrs.keys() == {"src", "defer"}
            assert re.fullmatch(r"/assets/page\.[0-9a-f]+\.js", script["src"])
            assert not script.text
        assert "alert(1)" in answer.text
        assert "49" not in answer.html.text
        for each in answer.html.select("*"):
            assert not [name for name in each.attrs if name.startswith("on")]
    assert answers[0].html.h1.text == NASTY
    assert answers[2].forms[0]["filter_city__eq"].value == NASTY


def test_an_expression_stays_in_the_form(client: TestApp) -> None:
    """It is shown if the address has one, so that another search of the form keeps it."""
    assert page(client).html.select_one("#filter") is None
    found = page(client, "filter=price%20%3C%2050%20OR%20size%20%3C%2050")
    assert found.html.select_one("#filter")["value"] == "price < 50 OR size < 50"
    assert found.html.select_one("#filter")["name"] == "filter"
    wrong = page(client, "filter=price%20%3C", status=400)
    assert wrong.html.select_one("a[href='#filter']")
    assert "is wrong at character 8" in wrong.text
