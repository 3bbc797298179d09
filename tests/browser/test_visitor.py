"""The whole way of a visitor, in each kind of window: search, look, choose."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator

from tests.browser.window import Window


def query_of(window: Window) -> dict[str, str]:
    """Return the parameters of the page that a window shows."""
    return {name: value for name, (value,) in parse_qs(urlsplit(window.page.url).query).items()}


def control(window: Window, name: str) -> Locator:
    """Return a control of the search form, which may be among those that are folded away."""
    found = window.page.locator(f"form[role=search] [name={name}]")
    if not found.is_visible():
        window.page.locator("form[role=search] summary").click()
    return found


def search(window: Window) -> None:
    """Send the form."""
    window.page.locator("form[role=search] button").click()
    window.page.wait_for_load_state()


def prices(window: Window) -> list[int]:
    """Return the rents of the rooms on the page, in order."""
    shown = window.page.locator(".card .price").all_inner_texts()
    return [int("".join(each for each in text if each.isdigit())) for text in shown]


def test_a_visitor_finds_a_room(window: Window) -> None:
    """By price and order; then the next page, and one room."""
    window.open("/")
    assert window.path == "/rooms"
    control(window, "filter_price__lte").fill("900")
    control(window, "sort").select_option("price")
    search(window)
    found = query_of(window)
    assert (found["filter_price__lte"], found["sort"]) == ("900", "price")
    assert "" not in found.values()
    first = prices(window)
    assert first == sorted(first)
    assert max(first) <= 900
    window.page.locator("a[rel=next]").click()
    window.page.wait_for_url("**after=*")
    second = prices(window)
    assert second[0] >= first[-1]
    window.page.locator("a[rel=first]").click()
    window.page.wait_for_url(lambda url: "after=" not in url)
    assert prices(window) == first
    link = window.page.locator(".card h3 a").first
    title = link.inner_text()
    link.click()
    window.page.wait_for_url("**/rooms/*-*")
    assert window.page.get_by_role("heading", level=1).inner_text() == title


def test_a_visitor_who_finds_nothing_is_led_on(window: Window) -> None:
    """A sentence says what to change; its link finds as many rooms, and shows the new value."""
    window.open("/rooms?lang=en")
    control(window, "filter_price__lte").fill("9")
    control(window, "filter_bedrooms__gte").fill("2")
    search(window)
    assert not prices(window)
    assert not window.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    sentence = window.page.locator(".relaxations a").first
    said = sentence.inner_text()
    sentence.click()
    window.page.wait_for_url(lambda url: "filter_price__lte=9&" not in url)
    assert said.split(" ")[0] == str(len(prices(window)))
    limit = query_of(window)["filter_price__lte"]
    assert said.endswith(f"up to €{limit} per month")
    assert control(window, "filter_price__lte").input_value() == limit


def test_a_cluster_is_opened_and_the_map_moved(window: Window) -> None:
    """Each step shows fewer rooms; the links below the map lead back."""
    window.open("/rooms")
    seen = []
    for _ in range(2):
        cluster = window.page.locator("#map a.cluster").last
        cluster.scroll_into_view_if_needed()
        cluster.click()
        window.page.wait_for_load_state()
        seen.append(query_of(window)["bbox"])
    widths = [abs(float(each.split(",")[2]) - float(each.split(",")[0])) for each in seen]
    assert widths[1] < widths[0]
    window.page.locator(".map-links").get_by_role("link", name="Zoom out").click()
    window.page.wait_for_load_state()
    assert query_of(window)["bbox"] not in seen[1:]


def test_a_mistake_leads_to_its_control(window: Window) -> None:
    """The summary names it, and what was typed stays."""
    window.open("/rooms?filter_price__gte=cheap&filter_city__eq=Berlin", status=400)
    assert "error" in window.page.title().lower() or "problem" in window.page.title().lower()
    window.page.get_by_role("alert").get_by_role("link").first.click()
    wrong = control(window, "filter_price__gte")
    assert wrong.evaluate("each => each == document.activeElement")
    assert wrong.get_attribute("aria-invalid") == "true"
    wrong.fill("300")
    search(window)
    assert query_of(window)["filter_price__gte"] == "300"
    assert query_of(window)["filter_city__eq"] == "Berlin"


def test_nothing_found_says_what_to_do(window: Window) -> None:
    """With a link to all rooms."""
    window.open("/rooms?filter_price__lt=1")
    assert window.page.locator(".card").count() == 0
    window.page.locator("main a[href='/rooms']").last.click()
    window.page.wait_for_load_state()
    assert window.page.locator(".card").count() > 0


def test_the_language_is_kept(open_window: Callable[..., Window]) -> None:
    """By the links of a page, and by its form."""
    window = open_window()
    window.open("/rooms")
    window.page.get_by_role("link", name="日本語").click()
    window.page.wait_for_url("**lang=ja**")
    assert window.page.locator("html").get_attribute("lang") == "ja"
    search(window)
    assert window.page.locator("html").get_attribute("lang") == "ja"
    window.page.locator(".card h3 a").first.click()
    window.page.wait_for_url("**/rooms/*-*")
    assert window.page.locator("html").get_attribute("lang") == "ja"


def test_a_visitor_looks_at_similar_rooms(window: Window) -> None:
    """From one room to the next; the feed of a search is a file for a reader."""
    window.open("/rooms?filter_city__eq=Berlin")
    feed = window.page.locator(".feed a").get_attribute("href")
    assert feed == "/rooms/feed?filter_city__eq=Berlin"
    answer = window.context.request.get(f"{window.address}{feed}")
    assert answer.headers["content-type"] == "application/atom+xml"
    window.page.locator(".card h3 a").first.click()
    window.page.wait_for_url("**/rooms/*-*")
    first = window.page.url
    link = window.page.locator("section[aria-labelledby=similar] h3 a").first
    title = link.inner_text()
    link.click()
    window.page.wait_for_url(lambda url: url != first)
    assert window.page.get_by_role("heading", level=1).inner_text() == title


def test_a_place_becomes_its_coordinates(window: Window) -> None:
    """The other filters stay."""
    window.open("/rooms?filter_price__lte=900")
    control(window, "place").fill("Berlin")
    search(window)
    found = query_of(window)
    assert "place" not in found
    assert found["filter_price__lte"] == "900"
    assert found["radius"]
    longitude, latitude = map(float, found["near"].split(","))
    assert (round(longitude), round(latitude)) == (13, 53)
    assert prices(window)


def test_one_of_several_places_is_chosen(window: Window) -> None:
    """By country and region."""
    window.open("/rooms")
    control(window, "place").fill("Springfield")
    search(window)
    assert window.page.locator("ul.places li").count() > 1
    window.page.locator("ul.places a").first.click()
    window.page.wait_for_url("**near=*")


@pytest.mark.parametrize("has_script", [True, False])
def test_the_keyboard_alone_finds_a_room(
    open_window: Callable[..., Window], *, has_script: bool
) -> None:
    """Each step shows where the focus is; nothing traps it."""
    window = open_window(has_script=has_script)
    window.open("/rooms")
    keyboard = window.page.keyboard
    keyboard.press("Tab")
    skip = window.page.locator(":focus")
    assert skip.get_attribute("href") == "#main"
    assert skip.bounding_box()["y"] >= 0
    keyboard.press("Enter")
    visited = walk(window, until="filter_price__lte")
    assert {"q", "place"} <= {*visited}
    keyboard.type("900")
    keyboard.press("Enter")
    window.page.wait_for_url("**filter_price__lte=900**")
    while not window.page.evaluate("document.activeElement.matches('.card h3 a')"):
        keyboard.press("Tab")
    keyboard.press("Enter")
    window.page.wait_for_url("**/rooms/*-*")


def walk(window: Window, until: str) -> list[str]:
    """Press Tab until a control has the focus; return the names on the way."""
    names = []
    while until not in names:
        window.page.keyboard.press("Tab")
        names.append(window.page.evaluate("document.activeElement.name ?? ''"))
        style = "getComputedStyle(document.activeElement).outlineStyle"
        assert window.page.evaluate(style) != "none", names
        assert len(names) < 200, names
    return names
