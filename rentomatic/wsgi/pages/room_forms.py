"""The pages that add, change and remove a room."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from rentomatic.domain.rent import Rent
from rentomatic.domain.room import FIELDS, Room
from rentomatic.requests.parsers import as_text
from rentomatic.wsgi.pages.controls import room_controls
from rentomatic.wsgi.pages.rendering import render
from rentomatic.wsgi.pages.spelling import speller_for
from rentomatic.wsgi.request import Request


@dataclass(frozen=True, slots=True)
class RoomForm:
    """A form about a room.

    Attributes:
        key: the name of the write that it will make.
        values: the texts in its controls, by field.
        code: of the room to change; None for a new one.
        tag: the entity tag of the room that the person sees.
        wrong: the fields whose values are wrong.
        others: what else is wrong, for technicians.
        stored: the texts of the room as it is now, if someone else has changed it since.
    """

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    code: UUID | None = None
    tag: str = ""
    wrong: Collection[str] = ()
    others: Collection[str] = ()
    stored: Mapping[str, str] | None = None


class Difference(NamedTuple):
    """A field that differs between what someone has entered and what is stored."""

    label: str
    mine: str
    stored: str


def texts_in(room: Room) -> dict[str, str]:
    """Return the values of a room as its form has them."""
    values = {name: getattr(room, name) for name in FIELDS if name != "code"}
    return {name: "" if each is None else as_text(each) for name, each in values.items()}


def room_form_page(request: Request, rent: Rent, form: RoomForm) -> bytes:
    """Ask for the values of a room."""
    spell = speller_for(request, rent)
    controls = list(room_controls(spell, form.values, form.wrong))
    differences = []
    if form.stored is not None:
        labels = {each.name: each.title for each in controls}
        differences = list(_differences(labels, form.values, form.stored))
    return render("room_form.html", request, form=form, controls=controls, differences=differences)


def _differences(
    labels: Mapping[str, str], mine: Mapping[str, str], stored: Mapping[str, str]
) -> Iterator[Difference]:
    for name, label in labels.items():
        # Browsers end lines in two characters.
        ours = mine.get(name, "").replace("\r\n", "\n").strip()
        if ours != stored[name]:
            yield Difference(label, ours, stored[name])


def removal_page(
    request: Request, rent: Rent, room: Room, form: RoomForm, *, is_conflict: bool = False
) -> bytes:
    """Ask whether a room is to be removed; `is_conflict` if it was changed meanwhile."""
    spell = speller_for(request, rent)
    return render(
        "room_removal.html",
        request,
        room=room,
        title=spell.title(room.to_dict()),
        form=form,
        spell=spell,
        is_conflict=is_conflict,
    )
