"""The whole way of staff, in each kind of window: sign in, add, edit, remove, import."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import FilePayload, Locator

from tests.browser.axe import check
from tests.browser.service import Service
from tests.browser.window import Window

ROOM = {"Size": "31", "Rent": "612", "Longitude": "13.41", "Latitude": "52.52"}


@pytest.fixture
def reference(service: Service) -> Iterator[str]:
    """A reference of the test's own; its rooms are removed."""
    name = f"T-{uuid4()}"
    yield name
    for room in service.rooms(f"filter_reference__eq={name}"):
        service.write("DELETE", f"/rooms/{room['code']}")


def main_of(window: Window) -> Locator:
    """Return what a page is about."""
    return window.page.get_by_role("main")


def press(window: Window, name: str) -> None:
    """Press a button of the page's own form."""
    main_of(window).get_by_role("button", name=name).click()
    window.page.wait_for_load_state()


def follow(window: Window, name: str) -> None:
    """Follow a link."""
    window.page.get_by_role("link", name=name).first.click()
    window.page.wait_for_load_state()


def fill(window: Window, values: dict[str, str]) -> None:
    """Fill in controls by their labels."""
    for label, value in values.items():
        main_of(window).get_by_label(label).fill(value)


def test_who_signs_in_returns_to_the_page_and_can_leave(service: Service, window: Window) -> None:
    """After a wrong token too, about which the form says no more than that it is wrong."""
    window.open("/rooms?filter_price__lte=900")
    follow(window, "Sign in")
    fill(window, {"Token": "rom_" + "x" * 43})
    press(window, "Sign in")
    assert window.page.title().startswith("Error: ")
    assert main_of(window).get_by_label("Token").input_value() == ""
    fill(window, {"Token": service.token})
    press(window, "Sign in")
    assert window.path == "/rooms?filter_price__lte=900"
    window.page.get_by_role("button", name="Sign out").click()
    window.page.get_by_role("link", name="Sign in").wait_for()


def test_a_room_is_added_after_a_mistake(service: Service, window: Window, reference: str) -> None:
    """The summary leads to each control; what was right stays."""
    window.sign_in(service.token)
    window.open("/rooms")
    follow(window, "Add a room")
    fill(window, ROOM | {"Title": "Quiet <room>", "Rent": "cheap", "Size": ""})
    fill(window, {"Reference": reference})
    press(window, "Save")
    check(window)
    summary = main_of(window).get_by_role("alert")
    assert summary.get_by_role("link").count() == 2
    summary.get_by_role("link", name="Rent").click()
    rent = main_of(window).get_by_label("Rent")
    assert rent.evaluate("each => each == document.activeElement")
    assert (rent.input_value(), rent.get_attribute("aria-invalid")) == ("cheap", "true")
    assert main_of(window).get_by_label("Title").input_value() == "Quiet <room>"
    fill(window, {"Rent": "612", "Size": "31"})
    press(window, "Save")
    assert window.page.get_by_role("heading", level=1).inner_text() == "Quiet <room>"
    (room,) = service.rooms(f"filter_reference__eq={reference}")
    assert (room["price"], room["size"], room["title"]) == (612, 31, "Quiet <room>")


@pytest.fixture
def path(service: Service, reference: str) -> str:
    """The address of a new room."""
    path = f"/rooms/{uuid4()}"
    values = {"size": 31, "price": 612, "longitude": 13.41, "latitude": 52.52}
    assert service.write("PUT", path, {**values, "title": "Old", "reference": reference}) == 201
    return path


def test_an_edit_meets_that_of_a_second_editor(service: Service, window: Window, path: str) -> None:
    """Both versions are shown, and nothing is lost; then one of them is chosen."""
    window.sign_in(service.token)
    window.open(path)
    follow(window, "Edit")
    fill(window, {"Title": "Mine", "Rent": "700"})
    patch = {"Content_Type": "application/merge-patch+json"}
    bearer = {"Authorization": f"Bearer {service.token}"}
    assert service.get(path, "PATCH", '{"title": "Theirs"}', **bearer, **patch).status == 200
    press(window, "Save")
    check(window)
    conflict = main_of(window).get_by_role("alert")
    for text in ("Mine", "Theirs", "700", "612"):
        assert conflict.get_by_role("cell", name=text, exact=False).first.is_visible()
    assert service.get(path).body.count("Theirs") == 1
    press(window, "Save my version")
    assert window.path == path
    assert window.page.get_by_role("heading", level=1).inner_text() == "Mine"


def test_a_room_is_removed_after_a_question(service: Service, window: Window, path: str) -> None:
    """And not by looking at the question."""
    window.sign_in(service.token)
    window.open(path)
    follow(window, "Remove")
    assert service.get(path).status == 200
    press(window, "Remove room")
    assert service.get(path).status == 404


def test_a_file_with_bad_lines_is_imported(
    service: Service, window: Window, reference: str, tmp_path: Path
) -> None:
    """First it is checked; the bad lines are shown; then the good ones are written."""
    good, other = uuid4(), uuid4()
    lines = ["code,size,price,longitude,latitude,reference"]
    lines += [f"{good},31,612,13.41,52.52,{reference}", f"{other},big,612,13.41,52.52,{reference}"]
    file: FilePayload = {
        "name": "office.csv",
        "mimeType": "text/csv",
        "buffer": "\n".join(lines).encode(),
    }
    window.sign_in(service.token)
    window.open("/rooms")
    follow(window, "Import rooms")
    main_of(window).get_by_label("File", exact=True).set_input_files(file)
    press(window, "Check the file")
    check(window)
    bad = main_of(window).get_by_role("region", name="Bad lines")
    assert "Line 3" in bad.inner_text()
    assert "big" in bad.inner_text()
    assert service.rooms(f"filter_reference__eq={reference}") == []
    follow(window, "Import only the good lines")
    press(window, "Import 1")
    check(window)
    assert "imported" in window.page.get_by_role("heading", level=1).inner_text()
    (room,) = service.rooms(f"filter_reference__eq={reference}")
    assert room["code"] == str(good)


def test_a_double_click_adds_one_room(service: Service, desktop: Window, reference: str) -> None:
    """The form has a name for its write."""
    desktop.sign_in(service.token)
    desktop.open("/rooms/new")
    fill(desktop, ROOM | {"Reference": reference})
    main_of(desktop).get_by_role("button", name="Save").dblclick()
    desktop.page.wait_for_url("**/rooms/*-*")
    assert len(service.rooms(f"filter_reference__eq={reference}")) == 1


def test_the_keyboard_alone_adds_a_room(service: Service, desktop: Window, reference: str) -> None:
    """From the link in the header to the button of the form, in the order of the page."""
    desktop.sign_in(service.token)
    desktop.open("/rooms")
    keyboard = desktop.page.keyboard
    desktop.page.get_by_role("link", name="Add a room").focus()
    keyboard.press("Enter")
    desktop.page.wait_for_url("**/rooms/new")
    values = {"size": "31", "price": "612", "longitude": "13.41", "latitude": "52.52"}
    values["reference"] = reference
    while values or desktop.page.evaluate("document.activeElement.textContent") != "Save":
        keyboard.press("Tab")
        name = desktop.page.evaluate("document.activeElement.name")
        keyboard.type(values.pop(name, ""))
    keyboard.press("Enter")
    desktop.page.wait_for_url("**/rooms/*-*")
    assert len(service.rooms(f"filter_reference__eq={reference}")) == 1
