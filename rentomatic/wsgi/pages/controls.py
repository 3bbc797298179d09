"""The controls of the forms for staff, made from the table of fields."""

from collections.abc import Collection, Iterator, Mapping

from rentomatic.domain.kinds import Address, Date, Integer, Kind, Text
from rentomatic.domain.room import FIELDS, Field
from rentomatic.wsgi.pages.form import Control
from rentomatic.wsgi.pages.spelling import Speller

# What describes a room precedes where it is and what is rarely entered.
_FIRST = ("title", "description", "city", "price", "size", "bedrooms", "available_from")

# Their labels include a unit.
_WITH_UNIT = ("price", "size")

_LINES = 6
# Limits above this are not mentioned: nobody exceeds them by mistake.
_MANY = 1_000_000


def room_controls(
    spell: Speller, values: Mapping[str, str], wrong: Collection[str]
) -> Iterator[Control]:
    """Return a control for each field of a room except its code."""
    others = [name for name in FIELDS if name not in {*_FIRST, "code"}]
    for name in [*_FIRST, *others]:
        field, value = FIELDS[name], values.get(name, "")
        label = spell.field(name) if name in _WITH_UNIT else spell.t(f"name.{name}")
        yield Control(
            name,
            spell.t("staff.optional", label=label) if field.is_optional else label,
            spell.t(f"name.{name}"),
            "textarea" if _has_lines(field.kind) else "text",
            _attributes(field.kind),
            value=value,
            hint=_hint(spell, name),
            error=_problem(spell, field, value) if name in wrong else "",
        )


def _has_lines(kind: Kind) -> bool:
    return isinstance(kind, Text) and kind.has_lines


def _attributes(kind: Kind) -> Mapping[str, str | int]:
    """Return the attributes of a control; what is typed is never lost to a browser's own check."""
    if _has_lines(kind):
        return {"rows": _LINES}
    if isinstance(kind, Date):
        return {"type": "date"}
    # A keyboard for decimals may lack the minus sign.
    keyboards: Mapping[type, str] = {Integer: "numeric", Address: "url"}
    keyboard = keyboards.get(type(kind))
    return {"type": "text", **({"inputmode": keyboard} if keyboard else {})}


def _hint(spell: Speller, name: str) -> str:
    """Return how to fill in a control; empty if that is clear, or for a field without a hint."""
    key = f"hint.{name}"
    return spell.t(key) if key in set(spell.t) else ""


def _problem(spell: Speller, field: Field, value: str) -> str:
    """Say what the value must be, in the visitor's language."""
    if not value.strip():
        return spell.t("problem.missing")
    match field.kind:
        case Integer(least=least, most=most) if most > _MANY:
            return spell.t("problem.at_least", least=spell.number(least))
        case Integer(least=least, most=most):
            return spell.t("problem.integer", least=spell.number(least), most=spell.number(most))
        case Text(most=most):
            return spell.t("problem.text", most=spell.number(most))
        case kind:
            return spell.t(f"error.{type(kind).__name__.lower()}")
