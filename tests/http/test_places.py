"""`place=` over HTTP: a name becomes the circle in which to search."""

from urllib.parse import quote

import pytest
from webtest import TestApp

BROWSER = {"Accept": "text/html,*/*;q=0.8"}


@pytest.mark.parametrize("headers", [{}, BROWSER])
def test_a_place_becomes_near_and_radius(client: TestApp, headers: dict[str, str]) -> None:
    """By a 303 to a clean address that keeps all else; following it is a search."""
    path = f"/rooms?filter_price__lt=60&place={quote('Berlin')}&sort=-price"
    answer = client.get(path, headers=headers, status=303)
    assert answer.headers["Location"] == (
        "/rooms?filter_price__lt=60&sort=-price&near=13.41053,52.52437&radius=20000"
    )
    assert client.get(answer.headers["Location"], headers=headers).status_int == 200


def test_several_places_of_a_name_are_listed(client: TestApp) -> None:
    """With what tells them apart, and the address of the search near each."""
    listed = client.get("/rooms?place=Paris&limit=5", status=300).json["places"]
    assert [(each["region"], each["country"]) for each in listed] == [
        ("Île-de-France", "FR"),
        ("Texas", "US"),
    ]
    for each in listed:
        assert client.get(each["href"]).request.GET["limit"] == "5"


@pytest.mark.parametrize(("lang", "country"), [("en", "France"), ("ja", "フランス")])
def test_a_visitor_chooses_from_a_list(client: TestApp, lang: str, country: str) -> None:
    """In the visitor's language, largest first; each choice is a link to the search."""
    page = client.get(f"/rooms?place=Paris&lang={lang}", headers=BROWSER, status=300)
    first, second = page.html.select(".places li")
    assert country in first.text
    assert "Texas" in second.text
    near = client.get(first.a["href"], headers=BROWSER)
    assert near.request.GET["near"] == "2.3488,48.85341"
    assert near.html.html["lang"] == lang


def test_a_place_replaces_the_last_one_on_a_page(client: TestApp) -> None:
    """The form still has the place of the last search; in other formats that is an error."""
    path = "/rooms?near=0,51&radius=5&place=Berlin"
    moved = client.get(path, headers=BROWSER, status=303).headers["Location"]
    assert moved == "/rooms?near=13.41053,52.52437&radius=20000"
    message = client.get(path, status=400).json["message"]
    assert message == "place: cannot be used together with near; it sets near and radius"
    radius = client.get("/rooms?radius=5&place=Berlin", status=303)
    assert radius.headers["Location"] == "/rooms?near=13.41053,52.52437&radius=5"


def test_a_name_that_no_place_has(client: TestApp) -> None:
    """It is a 400 with the most likely place; a page offers those whose names begin so."""
    message = client.get("/rooms?place=Berli", status=400).json["message"]
    assert "there is no place called 'Berli'" in message
    assert "did you mean Berlin, DE?" in message
    page = client.get("/rooms?place=Berli", headers=BROWSER, status=300)
    assert page.html.select_one(".places a").text == "Berlin"
    assert "There is no place called “Berli”" in page.text
    client.get("/rooms?place=Xqzt", status=400)


@pytest.mark.parametrize(("lang", "error"), [("en", "no place"), ("ja", "見つかりません")])
def test_an_unknown_place_is_reported_at_its_control(
    client: TestApp, lang: str, error: str
) -> None:
    """With a link to it, in the visitor's language, and what was typed is kept."""
    page = client.get(f"/rooms?place=Xqzt&lang={lang}", headers=BROWSER, status=400).html
    assert error in page.select_one('.summary a[href="#place"]').text
    assert error in page.select_one("#place-error").text
    place = page.select_one("input#place")
    assert (place["value"], place["aria-describedby"]) == ("Xqzt", "place-hint place-error")


def test_a_hostile_name_is_only_text(client: TestApp) -> None:
    """On the page, and in the error."""
    for name, status in (
        ("Paris,<script>alert(1)</script>", 300),
        ("<script>alert(1)</script>", 400),
    ):
        page = client.get(f"/rooms?place={quote(name)}", headers=BROWSER, status=status)
        assert "alert(1)" in page.text
        assert "<script>alert" not in page.text


def test_all_mistakes_are_reported(client: TestApp) -> None:
    """An empty place, and one given twice, are errors as of any parameter."""
    assert "place: has no value" in client.get("/rooms?place=", status=400).json["message"]
    twice = client.get("/rooms?place=Berlin&place=Bonn", status=400).json["message"]
    assert "place: is given more than once" in twice
