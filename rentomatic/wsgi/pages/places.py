"""The page on which a visitor chooses one of several places with the same name."""

from collections.abc import Sequence
from dataclasses import dataclass

from rentomatic.atlas.places import Place
from rentomatic.wsgi.pages.choice import language_of
from rentomatic.wsgi.pages.languages import texts_of
from rentomatic.wsgi.pages.rendering import render
from rentomatic.wsgi.request import Request


@dataclass(frozen=True, slots=True)
class Choice:
    """A place, and the address of the search near it."""

    place: Place
    href: str


def places_page(request: Request, text: str, choices: Sequence[Choice], *, is_exact: bool) -> bytes:
    """List places.

    Args:
        request: the search for a place.
        text: the name that was given.
        choices: the places.
        is_exact: whether they have this name; otherwise their names only begin with it.
    """
    language = language_of(request)
    items = [
        (each.href, each.place.name_in(language), _where(each.place, language)) for each in choices
    ]
    return render("places.html", request, text=text, items=items, is_exact=is_exact)


def _where(place: Place, language: str) -> str:
    country = place.country_in(language)
    if not place.region:
        return country
    t = texts_of(language)
    return t("places.where", region=place.region, country=country)
