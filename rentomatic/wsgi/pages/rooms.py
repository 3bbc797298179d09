"""The page of a search, and the page of a room."""

from collections.abc import Sequence
from dataclasses import dataclass

from rentomatic.domain.rent import Rent
from rentomatic.domain.room import Room
from rentomatic.wsgi.pages.choice import language_of
from rentomatic.wsgi.pages.languages import texts_of
from rentomatic.wsgi.pages.rendering import render
from rentomatic.wsgi.pages.spelling import Speller
from rentomatic.wsgi.request import Request


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        next: the address of the next page; None on the last one.
    """

    rooms: Sequence[Room]
    next: str | None = None


def search_page(request: Request, rent: Rent, found: Found) -> bytes:
    """Show the rooms that were found."""
    speller = Speller(texts_of(language_of(request)), rent)
    return render("rooms.html", request, found=found, spell=speller)


def room_page(request: Request, rent: Rent, room: Room) -> bytes:
    """Show a room."""
    speller = Speller(texts_of(language_of(request)), rent)
    return render("room.html", request, room=room, spell=speller)
