"""A place's name becomes the circle in which to search."""

from http import HTTPStatus

from rentomatic.atlas.places import MAX_CHOICES, Place, find_places, suggest_places
from rentomatic.formats.json import dump_value
from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.parsers import shown
from rentomatic.wsgi.arguments import PLACE
from rentomatic.wsgi.failure import Outcome
from rentomatic.wsgi.pages.choice import wants_page
from rentomatic.wsgi.pages.places import Choice, places_page
from rentomatic.wsgi.pages.rendering import VARY, as_page, same_page
from rentomatic.wsgi.pages.rooms import search_page
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import TEXT, Answer
from rentomatic.wsgi.service import Service

# What a place replaces in a search; on a page they are from the last search.
_REPLACED = ("near", "radius", "radius_min", "bbox", "after")


def search_place(service: Service, request: Request) -> Outcome:
    """Redirect to the search near a place, or list the places that have its name."""
    is_page = wants_page(request)
    text = request.query.values[PLACE]
    errors = [*request.query.errors, *([] if is_page else _conflicts(request))]
    found = find_places(text)
    others = [] if found else suggest_places(text)
    if not found and not (others and is_page):
        message = f"there is no place called {shown(text)}; names are those of GeoNames"
        hint = f"{others[0].name}, {others[0].country}" if others else None
        errors.append(ParameterError(PLACE, message, suggestion=hint))
    if errors and is_page:
        body = search_page(request, service.rent, None, errors)
        return as_page(Answer(HTTPStatus.BAD_REQUEST, body, cache="no-store"))
    if errors:
        return InvalidRequest(tuple(errors))
    choices = [Choice(each, _address(request, each)) for each in (found or others)[:MAX_CHOICES]]
    if len(found) == 1:
        headers = (("Location", choices[0].href),)
        body = f"{choices[0].href}\n".encode()
        return Answer(HTTPStatus.SEE_OTHER, body, TEXT, headers, vary=VARY)
    if is_page:
        body = places_page(request, text, choices, is_exact=bool(found))
        return as_page(Answer(HTTPStatus.MULTIPLE_CHOICES, body))
    return Answer(HTTPStatus.MULTIPLE_CHOICES, _dump(choices), vary=VARY)


def _conflicts(request: Request) -> list[ParameterError]:
    return [
        ParameterError(PLACE, f"cannot be used together with {name}; it sets near and radius")
        for name in ("near", "radius_min")
        if name in request.query.values
    ]


def _address(request: Request, place: Place) -> str:
    """Return the search near a place, as a reference to the same path."""
    changes: dict[str, str | None] = dict.fromkeys((PLACE, *_REPLACED))
    changes["near"] = f"{place.longitude},{place.latitude}"
    given = None if wants_page(request) else request.query.sent.get("radius")
    changes["radius"] = given.partition("=")[2] if given else str(place.radius)
    return request.path + same_page(request, changes)


def _dump(choices: list[Choice]) -> bytes:
    return dump_value(
        {
            "places": [
                {
                    "name": each.place.name,
                    "region": each.place.region,
                    "country": each.place.country,
                    "longitude": each.place.longitude,
                    "latitude": each.place.latitude,
                    "href": each.href,
                }
                for each in choices
            ]
        }
    )
