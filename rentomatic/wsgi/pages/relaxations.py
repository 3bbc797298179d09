"""What the page of an empty search suggests, in sentences."""

from collections.abc import Sequence
from typing import NamedTuple

from rentomatic.domain.relaxation import CountKind, Relaxation
from rentomatic.requests.room_fields import AMOUNTS, BEDROOMS, FILTER_KEYS
from rentomatic.serializers.room_relaxations import value_to_text
from rentomatic.wsgi.pages.conditions import name_condition
from rentomatic.wsgi.pages.spelling import Speller

_METRES = 1_000
# The operators whose values people read as the end of a range.
_ENDS = {"lte", "gte"}
_KINDS = {**dict.fromkeys(AMOUNTS, "amount"), BEDROOMS: BEDROOMS, "available_from": "date"}


class Change(NamedTuple):
    """A relaxation, the value that the search has now, and the address of the changed search."""

    relaxation: Relaxation
    given: str
    href: str


def suggest(changes: Sequence[Change], spell: Speller) -> list[tuple[str, str]]:
    """Return a sentence for each change, and its address."""
    return [(_sentence(each, spell), each.href) for each in changes]


def _sentence(change: Change, spell: Speller) -> str:
    found = change.relaxation
    rooms = _rooms(found, spell)
    if found.value is None:
        condition = name_condition(found.key, change.given, spell)
        return spell.t("relax.without", rooms=rooms, condition=condition)
    if found.key == "bbox":
        return spell.t("relax.bbox", rooms=rooms)
    if found.key not in FILTER_KEYS:
        return spell.t(f"relax.{found.key}", rooms=rooms, distance=_distance(found, spell))
    kind, value = _limit(found, spell)
    if kind is None:
        return spell.t("relax.with", rooms=rooms, condition=value)
    return spell.t(f"relax.{kind}", rooms=rooms, value=value)


def _limit(found: Relaxation, spell: Speller) -> tuple[str | None, str]:
    """Return the kind of a limit that has a sentence of its own, and its value; None for others."""
    name, operator = FILTER_KEYS[found.key]
    kind = _KINDS.get(name) if operator in _ENDS else None
    if kind is None:
        return None, name_condition(found.key, value_to_text(found.value) or "", spell)
    if (name, operator, found.value) == (BEDROOMS, "gte", 0):
        return f"{BEDROOMS}.any", ""
    if kind == BEDROOMS and isinstance(found.value, int):
        return f"{kind}.{operator}", spell.count("bedrooms", found.value)
    return f"{kind}.{operator}", spell.value(name, found.value)


def _rooms(found: Relaxation, spell: Speller) -> str:
    if found.kind is CountKind.EXACT:
        return spell.count("relax.rooms", found.count)
    if found.kind is CountKind.ESTIMATE:
        return spell.t("relax.rooms.about", n=spell.number(found.count))
    return spell.t("relax.rooms.more", n=spell.number(found.count - 1))


def _distance(found: Relaxation, spell: Speller) -> str:
    metres = found.value
    assert isinstance(metres, int)
    return spell.distance(metres) if metres % _METRES else spell.scale(metres)
