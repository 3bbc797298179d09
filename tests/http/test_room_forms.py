"""Adding, changing and removing a room on the page."""

from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import pytest
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import FIELDS, Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.databases import ask
from tests.http.forms import CODE, NOBODYS, SITE, TOKEN, TOKENS, Browser, fields_of, problems_of

VALUES = {"size": "30", "price": "75", "longitude": "13.45", "latitude": "52.51"}
NASTY = '"><script>alert(1)</script>&amp;\r\nüñ 部屋 \U0001f600'


@pytest.fixture
def browser(empty_rooms: PostgresDatabase, rooms: list[Room]) -> Iterator[Browser]:
    """A signed-in browser, with the book's rooms."""
    with closing(Connections(empty_rooms.url)) as connections:
        repository = PostgresRepo(connections)
        repository.save(rooms)
        stores = Stores(
            repository,
            PostgresChanges(connections),
            PostgresIdempotency(connections, PostgresRepo(connections)),
        )
        application = Application(stores, tokens=TOKENS, public_url=SITE)
        yield Browser(TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"}))


def room(browser: Browser, code: object = CODE) -> dict[str, object]:
    """Return a room as the API does."""
    values: dict[str, object] = browser.client.get(f"/rooms/{code}").json
    return values


def test_a_room_is_added(browser: Browser, empty_rooms: PostgresDatabase) -> None:
    """The browser is sent to it; the history and the log name who added it, and no token."""
    sent = browser.form("/rooms/new") | VALUES | {"title": NASTY.replace("\r\n", " ")}
    answer = browser.post("/rooms/new?lang=ja", sent | {"description": NASTY, "bedrooms": "0"})
    path, _, query = answer.headers["Location"].partition("?")
    assert query == "lang=ja"
    added = room(browser, UUID(path.removeprefix("/rooms/")))
    assert added["title"] == NASTY.replace("\r\n", " ")
    assert added["description"] == NASTY.replace("\r\n", "\n")
    assert (added["size"], added["bedrooms"]) == (30, 0)
    assert "city" not in added
    assert answer.request.environ["rentomatic.token"] == "office"
    assert (
        ask(empty_rooms, "select made_by from room_change where kind = 'added' order by id")[-1]
        == "office"
    )
    assert TOKEN not in str(answer.headers)


def test_a_double_click_adds_one_room(browser: Browser) -> None:
    """The second one is sent to the same room; another form adds another."""
    sent = browser.form("/rooms/new") | VALUES
    first = browser.post("/rooms/new", sent)
    second = browser.post("/rooms/new", sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(browser.client.get("/rooms").json) == 5
    browser.post("/rooms/new", browser.form("/rooms/new") | VALUES)
    assert len(browser.client.get("/rooms").json) == 6
    # The same form with other values was meant to be another one.
    browser.post("/rooms/new", sent | {"size": "31"}, status=409)


@pytest.mark.parametrize("path", ["/rooms/new", f"/rooms/{CODE}/edit"])
def test_all_mistakes_are_shown_and_what_was_entered_is_kept(browser: Browser, path: str) -> None:
    """The summary links to each control, which says what is wrong; then it can be corrected."""
    wrong = {
        *("size", "price", "longitude", "url", "image", "available_from", "bedrooms"),
    }
    values = {
        "size": "",
        "price": "1.5",
        "longitude": "200",
        "url": "x",
        "image": "http://a.example",
        "available_from": "2026-02-30",
        "bedrooms": "-1",
        "city": NASTY[:20],
    }
    sent = browser.form(path) | {"latitude": "52.5"} | values
    before = room(browser)
    answer = browser.post(path, sent, status=400)
    page = answer.html
    assert page.title.text.startswith("Error: ")
    links = page.select(".summary li a")
    assert {each["href"].removeprefix("#") for each in links} == wrong
    for each in links:
        control = page.select_one(each["href"])
        assert control["aria-invalid"] == "true"
        described = control["aria-describedby"].split()
        assert each.text.endswith(page.select_one(f"#{described[-1]}").text)
    assert "Size: Enter a value" in problems_of(answer)
    assert fields_of(answer) == sent
    assert room(browser) == before
    right = {**VALUES, "url": "", "image": "", "available_from": "2026-02-28", "bedrooms": ""}
    browser.post(path, fields_of(answer) | right)


def test_a_form_without_changes_changes_nothing(browser: Browser, rooms: list[Room]) -> None:
    """What the form shows is what is stored, in every field."""
    full = Room.from_dict(
        rooms[0].to_dict()
        | {"title": NASTY[:20], "description": "a\nb", "url": "https://a.example/?b=c&d"}
        | {"image": "/assets/loft.svg", "city": "Köln", "bedrooms": 2, "reference": "A-1"}
    )
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    body = {name: each for name, each in full.to_dict().items() if name != "code"}
    browser.client.put_json(f"/rooms/{CODE}", body, headers=headers)
    before = browser.client.get(f"/rooms/{CODE}")
    sent = browser.form(f"/rooms/{CODE}/edit")
    assert {*sent} == {*FIELDS, "key", "etag"} - {"code"}
    browser.post(f"/rooms/{CODE}/edit", sent)
    assert browser.client.get(f"/rooms/{CODE}").body == before.body
    # An optional field that is emptied is removed.
    sent = browser.form(f"/rooms/{CODE}/edit")
    browser.post(f"/rooms/{CODE}/edit", sent | {"city": "", "price": "1"})
    assert "city" not in room(browser)
    assert room(browser)["price"] == 1


def test_a_second_editor_loses_nothing(browser: Browser) -> None:
    """Both versions are shown, and one can go on from either; the form builds on the stored one."""
    path = f"/rooms/{CODE}/edit"
    mine, theirs = browser.form(path), browser.form(path)
    browser.post(path, theirs | {"price": "41", "title": "Theirs"})
    answer = browser.post(path, mine | {"price": "42", "city": "Mine"}, status=412)
    assert "Someone else has changed this room" in answer.text
    rows = [[cell.text for cell in row.select("th, td")] for row in answer.html.select("tbody tr")]
    assert rows == [
        ["Title", "(empty)", "Theirs"],
        ["City", "Mine", "(empty)"],
        ["Rent", "42", "41"],
    ]
    assert room(browser)["price"] == 41
    (stored,) = answer.html.select(".summary a")
    assert browser.form(stored["href"])["title"] == "Theirs"
    again = fields_of(answer)
    assert (again["price"], again["city"], again["title"]) == ("42", "Mine", "")
    browser.post(path, again)
    assert room(browser)["price"] == 42
    assert "title" not in room(browser)


def test_a_room_is_removed(browser: Browser) -> None:
    """After a question; a double click is answered the same."""
    path = f"/rooms/{CODE}/remove"
    page = browser.get(path)
    assert page.html.h1.text.startswith("Remove “")
    for _ in range(2):
        assert browser.post(path, fields_of(page)).headers["Location"] == "/rooms"
    browser.client.get(f"/rooms/{CODE}", status=404)


def test_a_room_that_was_changed_is_not_removed(browser: Browser) -> None:
    """It is shown as it is now, with the question again."""
    seen = browser.form(f"/rooms/{CODE}/remove")
    browser.post(
        f"/rooms/{CODE}/edit", browser.form(f"/rooms/{CODE}/edit") | {"title": "Changed meanwhile"}
    )
    answer = browser.post(f"/rooms/{CODE}/remove", seen, status=412)
    assert "Changed meanwhile" in answer.html.h1.text
    assert room(browser)
    browser.post(f"/rooms/{CODE}/remove", fields_of(answer))
    browser.client.get(f"/rooms/{CODE}", status=404)


@pytest.mark.parametrize("page", ["edit", "remove"])
def test_what_is_gone_is_not_found(browser: Browser, page: str) -> None:
    """Before the form is shown, and when it is sent."""
    sent = browser.form(f"/rooms/{CODE}/{page}")
    browser.post(f"/rooms/{CODE}/remove", browser.form(f"/rooms/{CODE}/remove"))
    browser.post(f"/rooms/{CODE}/{page}", sent | {"price": "1"} if page == "edit" else sent, 404)
    for code in (CODE, NOBODYS, "nothing"):
        browser.get(f"/rooms/{code}/{page}", status=404)


@pytest.mark.parametrize(
    ("body", "media_type", "status", "problem"),
    [
        (b"price=1&price=2", None, 400, "body: has price more than once"),
        (b"prise=1", None, 400, "prise: is not in this form"),
        (b"price=%FF", None, 400, "body: price is not UTF-8"),
        (b"a" * 200_000, None, 413, "The body is too long; at most 131072 bytes are accepted"),
        (b"{}", "application/json", 415, "Content-Type: must be application/x-www-form-urlencoded"),
    ],
)
def test_a_malformed_form_is_refused(
    browser: Browser, body: bytes, media_type: str | None, status: int, problem: str
) -> None:
    """With what is wrong."""
    browser.headers["Accept"] = "application/json"
    headers = browser.sent | {"Content-Type": media_type or "application/x-www-form-urlencoded"}
    answer = browser.client.post("/rooms/new", body, headers=headers, status=status)
    assert answer.json["message"].startswith(problem)


def test_staff_find_their_pages(browser: Browser) -> None:
    """From every page, and from a room; visitors see none of it."""
    hrefs = {each["href"] for each in browser.get(f"/rooms/{CODE}").html.select("a")}
    wanted = {"/rooms/new", "/import", f"/rooms/{CODE}/edit", f"/rooms/{CODE}/remove"}
    assert wanted <= hrefs
    browser.cookie = ""
    hrefs = {each["href"] for each in browser.get(f"/rooms/{CODE}").html.select("a")}
    assert not wanted & hrefs


@pytest.mark.parametrize("path", ["/rooms/new", f"/rooms/{CODE}/edit", f"/rooms/{CODE}/remove"])
def test_the_pages_are_in_both_languages(browser: Browser, path: str) -> None:
    """Labels, hints and problems."""
    english, japanese = browser.get(path), browser.get(f"{path}?lang=ja")
    assert japanese.html.html["lang"] == "ja"
    assert english.html.h1.text != japanese.html.h1.text
    form = japanese.html.select_one("main form")
    assert form["action"].endswith("?lang=ja")
