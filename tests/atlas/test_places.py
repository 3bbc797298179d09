"""Places are found by their names, offline."""

import subprocess
import sys

import pytest

from rentomatic.atlas.places import LABEL_ZOOMS, find_places, places_in, suggest_places


@pytest.mark.parametrize(
    ("text", "name", "country"),
    [
        *(("Berlin", "Berlin", "DE"), ("berlin", "Berlin", "DE"), ("München", "Munich", "DE")),
        *(("munchen", "Munich", "DE"), ("Cologne", "Köln", "DE"), ("SAO PAULO", "São Paulo", "BR")),
        *(("東京", "Tokyo", "JP"), ("パリ", "Paris", "FR"), ("Москва", "Moscow", "RU")),
        *(("stoke on trent", "Stoke-on-Trent", "GB"), (" new   york ", "New York City", "US")),
    ],
)
def test_a_place_is_found_by_each_of_its_names(text: str, name: str, country: str) -> None:
    """In any script, without regard to case, accents and punctuation; the largest comes first."""
    found = find_places(text)[0]
    assert (found.name, found.country) == (name, country)


@pytest.mark.parametrize(
    "text",
    [
        "Paris, France",
        "paris, fr",
        "Paris, Île-de-France",
        "Paris、フランス",
        "Paris,ile de france, FR",
    ],
)
def test_a_country_or_region_narrows_a_name_down(text: str) -> None:
    """After a comma: a name in English or Japanese, or a code."""
    (found,) = find_places(text)
    assert (found.country, found.region) == ("FR", "Île-de-France")


def test_several_places_of_a_name_come_largest_first() -> None:
    """With what tells them apart."""
    found = find_places("Springfield")
    assert len(found) > 5
    assert [each.population for each in found] == sorted(
        (each.population for each in found), reverse=True
    )
    assert len({(each.region, each.country) for each in found}) == len(found)
    (texan,) = find_places("Paris, TX")
    assert (texan.region, texan.country_in("ja")) == ("Texas", "アメリカ合衆国")


@pytest.mark.parametrize(
    "text", ["", " ", ",", ", France", "Xyzzyville", "Paris, Japan", "\t", "*"]
)
def test_what_is_no_name_finds_nothing(text: str) -> None:
    """Nothing is guessed."""
    assert find_places(text) == []


def test_the_beginning_of_a_name_suggests_places() -> None:
    """The largest with that usual name first; text that no name begins with suggests none."""
    assert suggest_places("berl")[0].name == "Berlin"
    assert suggest_places("京")[0].name == "Kyoto"
    assert len(suggest_places("san")) == 20
    assert suggest_places("xqz") == suggest_places("") == []


def test_names_and_countries_have_japanese() -> None:
    """Where GeoNames has no Japanese name, the usual one is shown."""
    paris, texan = find_places("Paris")[:2]
    assert (paris.name_in("ja"), paris.country_in("ja")) == ("パリ", "フランス")
    assert (paris.name_in("en"), paris.country_in("en")) == ("Paris", "France")
    assert texan.name_in("ja") == "Paris"


def test_larger_places_have_a_wider_radius() -> None:
    """From 5 km for a small town to 30 km for the largest cities."""
    assert find_places("Tokyo")[0].radius == 30_000
    assert find_places("Berlin")[0].radius == 20_000
    assert find_places("Paris, TX")[0].radius == 5_000


def test_a_tile_has_its_largest_places() -> None:
    """At each zoom that has names; an ocean has none."""
    assert places_in((2, 3, 1))[0].name == "Shanghai"
    for zoom in LABEL_ZOOMS[2:]:
        tile = (zoom, int(2**zoom * (139.69 / 360 + 0.5)), int(2**zoom * 0.3938))
        assert "JP" in {each.country for each in places_in(tile)}
    assert places_in((4, 0, 0)) == []


def test_no_data_are_read_before_they_are_needed() -> None:
    """A process that only imports the modules opens no file of them."""
    code = "import sys, rentomatic.atlas.places as p; print(vars(p._names), vars(p._labels))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "_path" in done.stdout
    assert "mmap" not in done.stdout
