"""Tables for a terminal of 80 columns."""

from dataclasses import replace
from datetime import date

from rentomatic.cli.tables import room_table, summary_table
from rentomatic.domain.rent import Rent
from rentomatic.domain.room import Room
from rentomatic.domain.room_summary import summarize
from rentomatic.formats.view import View
from rentomatic.repository.results import Summarized


def described(rooms: list[Room]) -> list[Room]:
    """Give rooms long texts; the first one has none."""
    texts = [
        ("Schöne helle Dreizimmerwohnung mit Balkon", "Friedrichshain-Kreuzberg"),
        ("東京の広いアパート、駅から徒歩5分のところ", "千代田区"),
        ("=1+1 \u202e\u2028 <b>", "Łódź"),
    ]
    return [rooms[0]] + [
        replace(room, title=title, city=city, bedrooms=2, available_from=date(2027, 1, 31))
        for room, (title, city) in zip(rooms[1:], texts, strict=True)
    ]


def test_a_table_of_texts_fits_80_columns(rooms: list[Room]) -> None:
    """Coordinates and dates are left out and reported, and texts are cut."""
    table, left_out = room_table([View().show(room) for room in described(rooms)])
    assert table.splitlines() == [
        "code                                 size price title       city        bedrooms",
        "------------------------------------ ---- ----- ----------- ----------- --------",
        "f853578c-fc0f-4e65-81b8-566c5dffa35a  215    39",
        "fe2c3195-aeff-487a-a08f-e0bdc0ec6e9a  405    66 Schöne hel… Friedrichs…        2",
        "913694c6-435a-4366-ba0d-da5334a611b2   56    60 東京の広い… 千代田区           2",
        "eed76e77-55c1-41ce-985d-ca49bf6c0585   93    48 =1+1    <b> Łódź               2",
    ]
    assert left_out == ["latitude", "longitude", "available_from"]


def test_chosen_fields_are_all_shown(rooms: list[Room]) -> None:
    """Texts are cut until they fit."""
    view = View(("code", "title", "available_from"))
    table, left_out = room_table([view.show(each) for each in described(rooms)], are_chosen=True)
    lines = table.splitlines()
    assert lines[0].split() == ["code", "title", "available_from"]
    assert max(map(len, lines)) <= 80
    assert "Schöne helle Dreizimmerwohn…" in lines[3]
    assert left_out == []


def test_rooms_without_texts_are_shown_as_before(rooms: list[Room]) -> None:
    """With their coordinates."""
    table, left_out = room_table([View().show(room) for room in rooms])
    names = ["code", "size", "price", "latitude", "longitude"]
    assert table.splitlines()[0].split() == names
    assert left_out == []


def test_a_summary_names_the_currency_and_the_cities(rooms: list[Room]) -> None:
    """Bedrooms are a histogram, as sizes and prices are."""
    some = described(rooms)
    summary = summarize(some, {"price": [room.price for room in some]}, [2, 2, None, 3])
    lines = summary_table(Summarized(summary), Rent("PLN", "week")).splitlines()
    assert "price  in whole PLN per week" in lines
    assert lines[-4:] == [
        "------------------------  -----",
        "Friedrichshain-Kreuzberg      1",
        "Łódź                          1",
        "千代田区                      1",
    ]
    assert any(line.startswith("bedrooms from") for line in lines)


def test_an_estimated_summary_says_so(rooms: list[Room]) -> None:
    """And what to do for exact numbers."""
    found = Summarized(summarize(rooms, {"price": [room.price for room in rooms]}), is_exact=False)
    first, *_ = summary_table(found, Rent("PLN", "week")).splitlines()
    assert first == "rooms  4, estimated from a sample: narrow the search for exact numbers"
