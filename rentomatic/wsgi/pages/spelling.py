"""Numbers, amounts and dates, as the languages of the pages write them."""

from rentomatic.domain.rent import Rent
from rentomatic.domain.room import Room
from rentomatic.wsgi.pages.languages import Texts

# The currencies whose sign readers of every language know; others have their code.
_SIGNS = {"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"}
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


class Speller:
    """Writes values in a language.

    Args:
        texts: the texts of the language.
        rent: what prices mean.
    """

    def __init__(self, texts: Texts, rent: Rent) -> None:
        self._texts = texts
        self._rent = rent

    def number(self, value: int) -> str:
        """Write a whole number: 1,234."""
        return f"{value:,}"

    def size(self, value: int) -> str:
        """Write an area in square metres."""
        return self._texts("units.size", n=self.number(value))

    def price(self, value: int) -> str:
        """Write a rent, with its currency and period."""
        currency = self._rent.currency
        sign = _SIGNS.get(currency, currency + _NO_BREAK_SPACE)
        return self._texts(f"price.{self._rent.period}", amount=sign + self.number(value))

    def title(self, room: Room) -> str:
        """Return what a room is called, or a description of a room without a title."""
        if room.title is not None:
            return room.title
        size = self.size(room.size)
        if room.city is None:
            return self._texts("room.title_size", size=size)
        return self._texts("room.title_size_city", size=size, city=room.city)
