"""The conditions of a search, in words."""

from rentomatic.requests.room_fields import FILTER_KEYS, NULL
from rentomatic.wsgi.pages.spelling import Speller

# The form's labels for parameters that are not filters.
LABELS = {
    "q": "form.words",
    "filter": "form.filter",
    **{name: f"form.{name}" for name in ("near", "radius", "radius_min", "bbox")},
}
# How much of a long value is shown.
_MOST_SHOWN = 80


def name_condition(key: str, value: str, spell: Speller) -> str:
    """Name a condition as the form does, with its value.

    Args:
        key: a filter such as `price__lte`, or one of LABELS.
        value: as it was sent.
        spell: in the language of the page.
    """
    if len(value) > _MOST_SHOWN:
        value = f"{value[: _MOST_SHOWN - 1]}…"
    if key not in FILTER_KEYS:
        return spell.t("relax.condition", label=spell.t(LABELS[key]), value=value)
    name, operator = FILTER_KEYS[key]
    label = spell.field(name)
    if operator == NULL:
        value = spell.t(f"flag.{value}")
    elif operator not in {"eq", "in"}:
        label = spell.t("form.part", legend=label, label=spell.t(f"operator.{operator}"))
    return spell.t("relax.condition", label=label, value=value)
