"""The page of a search, and the page of a room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from rentomatic.domain.rent import Rent
from rentomatic.domain.room import Room
from rentomatic.formats.table import FORMATS
from rentomatic.formats.view import WHOLE, View
from rentomatic.requests.base import ParameterError
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_list import UNLIMITED
from rentomatic.wsgi.pages.choice import LANG, language_of
from rentomatic.wsgi.pages.feed import feed_address
from rentomatic.wsgi.pages.form import build_form
from rentomatic.wsgi.pages.maps import Map, Scene
from rentomatic.wsgi.pages.relaxations import Change, suggest
from rentomatic.wsgi.pages.rendering import Changes, Linker, render, same_page
from rentomatic.wsgi.pages.spelling import Speller, speller_for
from rentomatic.wsgi.query import FORMAT
from rentomatic.wsgi.request import Request

# Metres around a room.
NEARBY = 2_000
# What the page of a room lists, in this order.
_LISTED = ("size", "bedrooms", "city", "available_from", "latitude", "longitude", "reference")
# What a card says of a room in one line.
_CARD = ("size", "bedrooms", "city", DISTANCE)
# The formats that are offered to keep.
_DOWNLOADS = ("csv", "json", "geojson")


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rooms: exact, an estimate, or one that there are more of."""

    number: int
    kind: Literal["exact", "about", "more"] = "exact"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        view: what is shown of each room.
        next: the cursor of the next page; None on the last one.
        count: how many rooms there are on all pages.
        is_first: whether this is the first page.
        scene: the map of the search; None if there can be none now.
        changes: what would find rooms, if the search found none; None if that is not known.
    """

    rooms: Sequence[Room]
    view: View = WHOLE
    next: str | None = None
    count: Count | None = None
    is_first: bool = True
    scene: Scene | None = None
    changes: Sequence[Change] | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """What the page of a search shows of a room; None for what it lacks."""

    code: UUID
    href: str
    title: str
    image: str | None
    price: str | None
    facts: str
    free: str | None


def search_page(
    request: Request, rent: Rent, found: Found | None, errors: Sequence[ParameterError] = ()
) -> bytes:
    """Show the form of a search and the rooms that were found, if the search is valid."""
    spell = speller_for(request, rent)
    return render(
        "rooms.html",
        request,
        spell=spell,
        form=build_form(spell, request.query.values, errors),
        chart=_map(request, found.scene, found.rooms, spell) if found else None,
        found=found,
        heading=_heading(found, spell) if found else "",
        cards=_cards(found, spell, Linker(request)) if found else (),
        suggestions=suggest(found.changes, spell) if found and found.changes is not None else None,
        first=same_page(request, {"after": None}),
        next=same_page(request, {"after": found.next}) if found and found.next else None,
        downloads=_downloads(request, {"limit": UNLIMITED, "after": None}),
        alternates=_alternates(request),
        feed=feed_address(request, language_of(request)) if found else None,
        is_indexed=request.query.values.keys() <= {"after"},
    )


def room_page(
    request: Request, rent: Rent, room: Room, scene: Scene | None, similar: Found
) -> bytes:
    """Show a room, where it is, and similar rooms."""
    spell = speller_for(request, rent)
    shown = WHOLE.show(room)
    nearby = f"near={room.longitude},{room.latitude}&radius={NEARBY}&sort={DISTANCE}"
    return render(
        "room.html",
        request,
        room=room,
        spell=spell,
        chart=_map(request, scene, [room], spell),
        title=spell.title(shown),
        price=spell.price(room.price),
        facts=[
            (spell.t(f"name.{name}"), spell.value(name, shown[name]))
            for name in _LISTED
            if name in shown
        ],
        nearby=Linker(request).link("/rooms", nearby),
        similar=_cards(similar, spell, Linker(request)),
        downloads=_downloads(request, {}),
        alternates=_alternates(request),
    )


def _map(
    request: Request, scene: Scene | None, rooms: Sequence[Room], spell: Speller
) -> Map | None:
    return Map(scene, rooms, language_of(request), spell) if scene else None


def _heading(found: Found, spell: Speller) -> str:
    if found.count is None:
        return spell.t("search.results")
    number, kind = found.count.number, found.count.kind
    if kind == "exact":
        return spell.count("search.count", number) if number else spell.t("search.count.none")
    return spell.t(f"search.count.{kind}", n=spell.number(number))


def _cards(found: Found, spell: Speller, linker: Linker) -> list[Card]:
    show = found.view.show
    return [_card(room, show(room), spell, linker) for room in found.rooms]


def _card(room: Room, shown: Mapping[str, Any], spell: Speller, linker: Linker) -> Card:
    free = shown.get("available_from")
    return Card(
        room.code,
        linker.link(f"/rooms/{room.code}"),
        spell.title(shown),
        shown.get("image"),
        spell.price(shown["price"]) if "price" in shown else None,
        " · ".join([spell.fact(name, shown[name]) for name in _CARD if name in shown]),
        free and spell.fact("available_from", free),
    )


def _downloads(request: Request, changes: Changes) -> list[tuple[str, str]]:
    """Return the names of formats, and the addresses of the same rooms in them."""
    return [
        (name, same_page(request, {**changes, LANG: None, FORMAT: name})) for name in _DOWNLOADS
    ]


def _alternates(request: Request) -> list[tuple[str, str]]:
    """Return media types, and the addresses of the same page in them."""
    return [
        (each.media_type, same_page(request, {LANG: None, FORMAT: name}))
        for name, each in FORMATS.items()
    ]
