"""Numbers, orders and values in the languages of the pages."""

import pytest

from rentomatic.domain.rent import Rent
from rentomatic.wsgi.pages.languages import texts_of
from rentomatic.wsgi.pages.spelling import Speller


@pytest.mark.parametrize(
    ("order", "english", "japanese"),
    [
        ("price,-size", "Rent: low to high, then Size: large to small", "賃料の安い順、次に広い順"),
        ("distance", "Nearest first", "近い順"),
        ("-bedrooms", "Bedrooms: most first", "寝室数の多い順"),
        ("-latitude", "Latitude: high to low", "緯度の大きい順"),
        ("available_from", "Available from: earliest first", "入居可能日の早い順"),
        ("city", "City: A to Z", "都市の昇順"),
    ],
)
def test_an_order_has_the_usual_words(order: str, english: str, japanese: str) -> None:
    """Each language has its own words for more and less of something."""
    assert Speller(texts_of("en"), Rent()).order(order) == english
    assert Speller(texts_of("ja"), Rent()).order(order) == japanese


def test_one_thing_is_in_the_singular() -> None:
    """In English."""
    spell = Speller(texts_of("en"), Rent())
    assert spell.count("preview.write", 1) == "Import 1 room"
    assert spell.count("preview.write", 1_234) == "Import 1,234 rooms"
