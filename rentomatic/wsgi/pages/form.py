"""The form of a search, made from the table of fields."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rentomatic.domain.kinds import Date, Degrees, Integer, Kind, Text
from rentomatic.domain.room import FIELDS
from rentomatic.requests.base import ParameterError
from rentomatic.requests.room_fields import DISTANCE, FILTER_KEYS, NULL, OPERATORS, Takes
from rentomatic.requests.room_order import SORT_NAMES
from rentomatic.wsgi.pages.choice import LANG
from rentomatic.wsgi.pages.spelling import Speller
from rentomatic.wsgi.query import FILTER_PREFIX, FORMAT

# What most visitors search by, in this order; the other fields are behind "More filters".
MAIN = ("city", "price", "size", "bedrooms", "available_from")
_RANGE = ("gte", "lte")
PLACE = ("near", "radius", "radius_min", "bbox")
_SHOWN_PLACE = ("near", "radius")
# What the form keeps but does not show.
_HIDDEN = (LANG, FORMAT, "limit", "count", "fields")
SORT = "sort"

Values = Mapping[str, str]
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a form.

    Attributes:
        name: the parameter, which is also the control's id.
        label: what it is, within its group.
        title: what it is, in the list of errors.
        kind: what its values are, for `error.KIND` among the texts.
        attributes: of the input.
        choices: values and labels; if there are any, the control is a list to choose from.
        value: as given.
        error: what is wrong with the value; empty if nothing is.
    """

    name: str
    label: str
    title: str
    kind: str
    attributes: Mapping[str, str | int]
    choices: Choices = ()
    value: str = ""
    hint: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Controls that belong together, such as the ends of a range; `legend` may be empty."""

    legend: str
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a search.

    Attributes:
        main: the groups that are always shown.
        more: the others, which are folded away unless `is_open`.
        order: the control that chooses the order.
        hidden: names and values to keep.
        errors: the id of the control, if there is one, and what is wrong.
        details: the messages for technicians.
    """

    main: tuple[Group, ...]
    more: tuple[Group, ...]
    is_open: bool
    order: Control
    hidden: tuple[tuple[str, str], ...]
    errors: tuple[tuple[str, str], ...] = ()
    details: tuple[str, ...] = ()


def build_form(spell: Speller, values: Values, errors: Sequence[ParameterError] = ()) -> Form:
    """Make the form with the given values and what is wrong with them."""
    return _Builder(spell, values, errors).form()


class _Builder:
    def __init__(self, spell: Speller, values: Values, errors: Sequence[ParameterError]) -> None:
        self._t = spell.t
        self._spell = spell
        self._values = values
        self._errors = errors
        self._wrong = {parameter_of(each) for each in errors}

    def form(self) -> Form:
        main = (self._town(), self._words(), *map(self._group, MAIN))
        more = [self._group(name) for name in FIELDS if name not in MAIN]
        more.append(self._place())
        if self._is_other("filter", set()):
            more.append(self._expression())
        shown = {each.name for group in (*main, *more) for each in group.controls}
        others = [key for key in FILTER_KEYS if self._is_other(FILTER_PREFIX + key, shown)]
        more += [Group("", (self._other(key),)) for key in others]
        order = self._order()
        controls = [each for group in (*main, *more) for each in group.controls] + [order]
        return Form(
            main,
            tuple(more),
            any(each.value or each.error for group in more for each in group.controls),
            order,
            tuple((name, self._values[name]) for name in _HIDDEN if name in self._values),
            tuple(self._summary(controls)),
            tuple(map(str, self._errors)),
        )

    def _is_other(self, name: str, shown: set[str]) -> bool:
        return name not in shown and (name in self._values or name in self._wrong)

    def _town(self) -> Group:
        """Return the name of a place, which handlers/places.py turns into near and radius."""
        attributes = {"type": "text", "autocomplete": "address-level2"}
        label, hint = self._t("places.label"), self._t("places.hint")
        return Group("", (self._control("place", label, "place", attributes, hint=hint),))

    def _words(self) -> Group:
        return Group("", (self._control("q", self._t("form.words"), "words", {"type": "search"}),))

    def _expression(self) -> Group:
        """Return the control of a boolean expression, which is shown only if one is given."""
        control = self._control("filter", self._t("form.filter"), "filter", {"type": "text"})
        return Group("", (control,))

    def _group(self, name: str) -> Group:
        """Return a range if the field has one, otherwise its simplest condition."""
        operators = FIELDS[name].operators
        legend = self._spell.field(name)
        if set(_RANGE) <= set(operators):
            return Group(legend, tuple(self._end(name, each, legend) for each in _RANGE))
        operator = "eq" if "eq" in operators else NULL
        return Group("", (self._filter(name, operator, legend),))

    def _end(self, name: str, operator: str, legend: str) -> Control:
        kind = "date" if isinstance(FIELDS[name].kind, Date) else "number"
        label = self._t(f"form.{kind}.{operator}")
        return self._filter(name, operator, label, self._t("form.part", legend=legend, label=label))

    def _other(self, key: str) -> Control:
        name, operator = FILTER_KEYS[key]
        legend, label = self._spell.field(name), self._t(f"operator.{operator}")
        return self._filter(name, operator, self._t("form.part", legend=legend, label=label))

    def _filter(self, name: str, operator: str, label: str, title: str = "") -> Control:
        takes, kind = OPERATORS[operator].takes, FIELDS[name].kind
        parameter = f"{FILTER_PREFIX}{name}__{operator}"
        if takes is Takes.FLAG:
            choices = tuple((value, self._t(f"flag.{value or 'any'}")) for value in _FLAGS)
            return self._control(parameter, label, "flag", {}, title=title, choices=choices)
        if takes is Takes.LIST:
            return self._control(parameter, label, "list", {"type": "text"}, title=title)
        kind_name = type(kind).__name__.lower()
        return self._control(parameter, label, kind_name, _attributes(kind), title=title)

    def _place(self) -> Group:
        names = [
            name
            for name in PLACE
            if name in _SHOWN_PLACE or name in self._values or name in self._wrong
        ]
        controls = (
            self._control(name, self._t(f"form.{name}"), name, {"type": "text"}) for name in names
        )
        return Group(self._t("form.place"), tuple(controls))

    def _order(self) -> Control:
        names = [name for name in MAIN if name in SORT_NAMES]
        if "near" in self._values:
            names.insert(0, DISTANCE)
        keys = [sign + name for name in names for sign in ("", "-")]
        given = self._values.get(SORT, "")
        if given and given not in keys:
            keys.append(given)
        choices = tuple((key, self._spell.order(key)) for key in keys)
        first = ("", self._t("order.added"))
        label = self._t("form.sort")
        return self._control(SORT, label, SORT, {}, choices=(first, *choices))

    def _control(  # noqa: PLR0913 - one for each attribute
        self,
        name: str,
        label: str,
        kind: str,
        attributes: Mapping[str, str | int],
        *,
        title: str = "",
        hint: str = "",
        choices: Choices = (),
    ) -> Control:
        title = title or label
        error = self._t(f"error.{kind}") if name in self._wrong else ""
        # Browsers show nothing of a value that does not suit the type.
        attributes = {"type": "text"} if error else attributes
        value = self._values.get(name, "")
        return Control(name, label, title, kind, attributes, choices, value, hint, error)

    def _summary(self, controls: Sequence[Control]) -> Iterator[tuple[str, str]]:
        wrong = [each for each in controls if each.error]
        for each in wrong:
            yield each.name, self._t("error.labelled", label=each.title, error=each.error)
        for name in sorted(self._wrong - {each.name for each in wrong}):
            yield "", self._t("error.parameter", name=name)


_FLAGS = ("", "false", "true")


def parameter_of(error: ParameterError) -> str:
    """Return the name of the parameter that is wrong."""
    return error.parameter if error.key is None else f"{FILTER_PREFIX}{error.key}"


def _attributes(kind: Kind) -> Mapping[str, str | int]:
    """Return the attributes of an input for values of a kind."""
    if isinstance(kind, Integer):
        return {"type": "number", "min": kind.least, "inputmode": "numeric"}
    if isinstance(kind, Degrees):
        return {"type": "number", "min": -kind.most, "max": kind.most, "step": "any"}
    if isinstance(kind, Date):
        return {"type": "date"}
    return {"type": "text", "maxlength": kind.most} if isinstance(kind, Text) else {"type": "text"}
