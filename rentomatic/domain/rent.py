"""What prices mean: whole units of a currency, for a period; the company sets both."""

from dataclasses import dataclass

# What the table of fields says about the price.
WHOLE_UNITS = "rent in whole units of the currency"

PERIODS = ("month", "week", "day")


@dataclass(frozen=True, slots=True)
class Rent:
    """The currency, a code of ISO 4217, and the period, one of PERIODS."""

    currency: str = "EUR"
    period: str = "month"

    def __str__(self) -> str:
        return f"in whole {self.currency} per {self.period}"

    def with_units(self, text: str) -> str:
        """Return a text about the price with the units filled in."""
        return text.replace(WHOLE_UNITS, f"rent {self}")
