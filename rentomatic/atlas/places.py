"""Places by their names: towns of about 15,000 people and more, from GeoNames.

A name is found in any of the languages and scripts that GeoNames has it in, without regard to case,
accents and punctuation. What follows a comma narrows it down: a country, a region or their codes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from rentomatic.atlas.lines import SortedLines
from rentomatic.domain.words import words_of
from rentomatic.resources import PACKAGE

FOLDER = PACKAGE / "atlas"
MAX_CHOICES = 20
# The zooms of the tiles in which `places_in` looks.
LABEL_ZOOMS = (2, 4, 6, 8, 10)
# At most this many names that begin with a text are read, and at most this many places returned.
_LOOKED_AT = 2_000
_MOST = 100
# Japanese commas too.
_COMMAS = re.compile("[,\u3001\uff0c]")
# The least population of a place, and the radius of its search in metres.
_RADII = ((5_000_000, 30_000), (1_000_000, 20_000), (100_000, 10_000), (0, 5_000))

_places = SortedLines(FOLDER / "places.txt")
_names = SortedLines(FOLDER / "names.txt")
_labels = SortedLines(FOLDER / "labels.txt")


@dataclass(frozen=True, slots=True)
class Place:
    """A town, or a part of one.

    Attributes:
        name: as GeoNames has it, mostly the usual one in English.
        japanese: the name in Japanese; empty if it is not known.
        country: the code of its country (ISO 3166-1).
        region: the name of the part of the country, such as a state; empty if it has none.
        region_code: the code of that part in GeoNames; a state's letters in the United States.
        population: the number of people; 0 if it is not known.
    """

    name: str
    japanese: str
    country: str
    region: str
    region_code: str
    longitude: float
    latitude: float
    population: int

    @property
    def radius(self) -> int:
        """The radius of a search near it, in metres."""
        return next(radius for people, radius in _RADII if self.population >= people)

    def name_in(self, language: str) -> str:
        """Return the name in a language, or the usual one."""
        return self.japanese if language == "ja" and self.japanese else self.name

    def country_in(self, language: str) -> str:
        """Return the name of its country in a language, or its code."""
        names = _countries().get(self.country, (self.country, self.country))
        return names[language == "ja"]


def find_places(text: str) -> list[Place]:
    """Return the places with a name, the largest first."""
    name, *within = _COMMAS.split(text)
    key = key_of(name)
    found = _largest(_names.values(key)) if key else []
    return [each for each in found if all(_is_within(each, one) for one in within)]


def suggest_places(text: str) -> list[Place]:
    """Return the largest places, at most MAX_CHOICES, with a name that begins with a text.

    Places whose usual name begins with it precede the others.
    """
    key = key_of(_COMMAS.split(text)[0])
    near = islice(_names.beginning_with(key), _LOOKED_AT) if key else ()
    places = _largest(value for _, value in near)
    places.sort(key=lambda each: not key_of(each.name).startswith(key))
    return places[:MAX_CHOICES]


def places_in(tile: tuple[int, int, int]) -> list[Place]:
    """Return the few largest places of a map tile (zoom, column, row), the largest first."""
    return [
        _place_at(int(offset))
        for value in _labels.values("/".join(map(str, tile)))
        for offset in value.split()
    ]


def key_of(name: str) -> str:
    """Return what names are compared by: the folded words."""
    return " ".join(words_of(name))


def _largest(offsets: Iterable[str]) -> list[Place]:
    """Return the largest places, at most _MOST; the file has them in this order."""
    return [_place_at(each) for each in sorted({int(each) for each in offsets})[:_MOST]]


def _is_within(place: Place, text: str) -> bool:
    key = key_of(text)
    return not key or key in {key_of(each) for each in _larger(place)}


def _larger(place: Place) -> Iterator[str]:
    yield from (place.region, place.country, *_countries().get(place.country, ()))
    if not place.region_code.isdigit():
        yield place.region_code


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    """Return the names of countries in English and in Japanese, by code."""
    lines = (FOLDER / "countries.txt").read_text(encoding="utf-8").splitlines()
    return {code: tuple(names) for code, *names in (line.split("\t") for line in lines)}


def _place_at(offset: int) -> Place:
    name, japanese, country, region, code, x, y, people = _places.at(offset).split("\t")
    return Place(name, japanese, country, region, code, float(x), float(y), int(people))
