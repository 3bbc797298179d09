"""`/rooms/{code}/similar` over HTTP, and similar rooms on the page of a room."""

from collections.abc import Callable
from uuid import UUID

import pytest
from webtest import TestApp

from rentomatic.demo import BOOK, book_rooms
from rentomatic.domain.room import Room
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Limits, Stores

FIRST, SECOND, THIRD, FOURTH = (each[0] for each in BOOK)
PATH = f"/rooms/{FOURTH}/similar"
HTML = {"Accept": "text/html"}


def test_a_room_links_to_similar_ones(client: TestApp) -> None:
    """As `related`; they have their distance from it, and a Link back."""
    links = client.get(f"/rooms/{FOURTH}").headers["Link"]
    assert f'<{PATH}>; rel="related"' in links
    answer = client.get(PATH)
    assert [(each["code"], each["distance"]) for each in answer.json] == [
        (THIRD, 7936.4),
        (SECOND, 40101.0),
        (FIRST, 49799.1),
    ]
    assert f"</rooms/{FOURTH}>" in answer.headers["Link"]


def test_they_are_selected_as_in_a_search(client: TestApp) -> None:
    """By filters and box, with some of the fields, at most a number of them."""
    found = client.get(f"{PATH}?filter_price__lt=65&limit=1&fields=code,price").json
    assert found == [{"code": THIRD, "price": 60}]
    assert client.get(f"{PATH}?radius=5000").json == []
    assert len(client.get(f"{PATH}?bbox=-1,51.7,1,52").json) == 2


@pytest.mark.parametrize("name", ["json", "geojson", "csv", "ndjson"])
def test_they_come_in_every_format(client: TestApp, name: str) -> None:
    """By `format` or by `Accept`, with tags of their own."""
    named = client.get(f"{PATH}?format={name}")
    accepted = client.get(PATH, headers={"Accept": named.content_type})
    assert accepted.body == named.body
    assert THIRD in named.text
    client.get(PATH, headers={"Accept": "text/html"}, status=406)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("near=1,2", "Parameter near cannot be used"),
        ("sort=price", "Parameter sort cannot be used"),
        ("after=x", "Parameter after cannot be used"),
        ("limit=none", "limit: must be an integer from 1 to 1000, not 'none'"),
        ("radius=60000", "radius: must be at most 50000 here, not '60000'"),
        ("format=xml", "format: must be one of json, geojson, csv, ndjson, not 'xml'"),
        ("filter_prise__lt=1", "did you mean price__lt?"),
    ],
)
def test_a_wrong_parameter_is_named(client: TestApp, query: str, message: str) -> None:
    """As everywhere: nothing is ignored, and one mistake is one error."""
    reported = client.get(f"{PATH}?{query}", status=400).json["message"]
    assert message in reported
    assert "\n" not in reported


def test_an_unknown_room_is_not_found(client: TestApp) -> None:
    """As for the room itself."""
    code = "00000000-0000-0000-0000-000000000000"
    failed = client.get(f"/rooms/{code}/similar", status=404)
    assert failed.json == client.get(f"/rooms/{code}", status=404).json
    client.get("/rooms/7/similar", status=404)


def test_the_default_limit_is_the_setting() -> None:
    """As for a search."""
    client = TestApp(Application(Stores(MemRepo(book_rooms())), Limits(rooms=1)))
    assert [each["code"] for each in client.get(PATH).json] == [THIRD]


def test_what_was_found_is_found_again_until_a_room_changes(
    client: TestApp, postgres_embedded: PostgresRepo
) -> None:
    """Another price is another answer, at once."""
    first = client.get(PATH)
    known = {"If-None-Match": first.headers["ETag"]}
    client.get(PATH, headers=known, status=304)
    postgres_embedded.update(UUID(THIRD), {"price": 61})
    second = client.get(PATH, headers=known, status=200)
    assert second.json[0]["price"] == 61


@pytest.mark.parametrize(("lang", "heading"), [("en", "Similar rooms"), ("ja", "似ている部屋")])
def test_the_page_of_a_room_shows_some(
    postgres_embedded: PostgresRepo, make_room: Callable[..., Room], lang: str, heading: str
) -> None:
    """The four most similar ones, each with its distance and a link in the visitor's language."""
    rooms = [make_room(n, latitude=52 + n / 100, title=f"Room {n}") for n in range(1, 8)]
    postgres_embedded.save(rooms)
    client = TestApp(Application(Stores(postgres_embedded)))
    page = client.get(f"/rooms/{rooms[0].code}?lang={lang}", headers=HTML).html
    section = page.find("section", {"aria-labelledby": "similar"})
    assert section.h2.text == heading
    links = section.select("h3 a")
    assert [each.text for each in links] == ["Room 2", "Room 3", "Room 4", "Room 5"]
    assert "1.1 km" in section.select_one(".card").text
    assert client.get(links[0]["href"], headers=HTML).html.html["lang"] == lang


def test_the_page_of_a_room_without_similar_ones_has_no_heading(
    postgres_embedded: PostgresRepo, make_room: Callable[..., Room]
) -> None:
    """Nothing is promised that is not there."""
    room = make_room()
    postgres_embedded.save([room])
    client = TestApp(Application(Stores(postgres_embedded)))
    assert client.get(f"/rooms/{room.code}", headers=HTML).html.find(id="similar") is None
