"""Numbers, amounts and dates, as the languages of the pages write them."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from rentomatic.domain.kinds import Date, Degrees, Integer
from rentomatic.domain.rent import Rent
from rentomatic.domain.room import FIELDS
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.wsgi.pages.choice import language_of
from rentomatic.wsgi.pages.languages import Texts, texts_of
from rentomatic.wsgi.request import Request

# The currencies whose signs readers of every language know; for others the code is written.
_SIGNS = {"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"}
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_METRES = 1_000


class Speller:
    """Writes values in a language.

    Args:
        texts: the texts of the language.
        rent: what prices mean.
    """

    def __init__(self, texts: Texts, rent: Rent) -> None:
        self.t = texts
        self._rent = rent
        self._sign = _SIGNS.get(rent.currency, rent.currency + _NO_BREAK_SPACE)

    @property
    def rent(self) -> Rent:
        """What prices mean."""
        return self._rent

    def number(self, value: int) -> str:
        """Write a whole number: 1,234."""
        return f"{value:,}"

    def count(self, key: str, number: int) -> str:
        """Return the text of a number of things: `KEY.one` or `KEY.other`."""
        return self.t(f"{key}.{'one' if number == 1 else 'other'}", n=self.number(number))

    def size(self, value: int) -> str:
        """Write an area in square metres."""
        return self.t("units.size", n=self.number(value))

    def amount(self, value: int) -> str:
        """Write a rent with its currency."""
        return self._sign + self.number(value)

    def price(self, value: int) -> str:
        """Write a rent with its currency and period."""
        return self.t(f"price.{self._rent.period}", amount=self.amount(value))

    def bedrooms(self, value: int) -> str:
        """Write a number of bedrooms."""
        return self.count("bedrooms", value) if value else self.t("bedrooms.none")

    def day(self, value: date) -> str:
        """Write a date."""
        month = self.t(f"month.{value.month}")
        return self.t("units.date", day=value.day, month=month, year=value.year)

    def distance(self, metres: float) -> str:
        """Write a distance: 450 m, 1.2 km."""
        if metres < _METRES:
            return self.t("units.metres", n=round(metres))
        return self.t("units.kilometres", n=f"{metres / _METRES:,.1f}")

    def scale(self, metres: int) -> str:
        """Write a round distance: 500 m, 20 km."""
        if metres < _METRES:
            return self.t("units.metres", n=metres)
        return self.t("units.kilometres", n=self.number(metres // _METRES))

    def value(self, name: str, value: Any) -> str:  # noqa: ANN401 - each field has its own type
        """Write a value of a field beside its name."""
        writers: Mapping[str, Callable[[Any], str]] = {
            "size": self.size,
            "price": self.price,
            "bedrooms": lambda number: self.number(number) if number else self.bedrooms(number),
            "available_from": self.day,
        }
        return writers.get(name, str)(value)

    def fact(self, name: str, value: Any) -> str:  # noqa: ANN401
        """Write a value of a field so that it needs no name beside it."""
        if name == "bedrooms":
            return self.bedrooms(value)
        if name == "available_from":
            return self.t("card.free", day=self.day(value))
        if name == DISTANCE:
            return self.t("card.distance", distance=self.distance(value))
        return self.value(name, value)

    def field(self, name: str) -> str:
        """Return what a field is called in a form, with its unit."""
        if name == "price":
            period = self.t(f"period.{self._rent.period}")
            return self.t("field.price", currency=self._sign.strip(), period=period)
        return self.t(f"field.{name}")

    def order(self, sort: str) -> str:
        """Describe an order such as `price,-size`."""
        return self.t("order.then").join(map(self._key, sort.split(",")))

    def _key(self, key: str) -> str:
        name = key.removeprefix("-")
        if name not in FIELDS and name != DISTANCE:
            return key
        direction = "descending" if key.startswith("-") else "ascending"
        own = f"order.{name}.{direction}"
        if own in set(self.t):
            return self.t(own)
        kind = FIELDS[name].kind
        what = "number" if isinstance(kind, Integer | Degrees) else "text"
        what = "date" if isinstance(kind, Date) else what
        return self.t(f"order.{what}.{direction}", label=self.t(f"name.{name}"))

    def title(self, shown: Mapping[str, Any]) -> str:
        """Return what a room is called, or a description of a room without a title."""
        if "title" in shown:
            return str(shown["title"])
        if "size" not in shown:
            return self.t("room.untitled")
        size = self.size(shown["size"])
        if "city" not in shown:
            return self.t("room.of_size", size=size)
        return self.t("room.of_size_in", size=size, city=shown["city"])


def speller_for(request: Request, rent: Rent) -> Speller:
    """Return what writes values in the language of a page."""
    return Speller(texts_of(language_of(request)), rent)
