"""Other units in which imported files measure a field."""

import re
from dataclasses import dataclass
from decimal import Decimal

SQUARE_FOOT = Decimal("0.09290304")  # square metres, exactly


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in which files may have a field, other than the room's unit.

    Attributes:
        name: its name.
        pattern: matches the names of columns in this unit.
        factor: the size of one, in the room's unit.
        own: the room's unit.
    """

    name: str
    pattern: re.Pattern[str]
    factor: Decimal
    own: str

    def is_named_by(self, name: str) -> bool:
        """Return whether a column's name says that its values are in this unit."""
        return self.pattern.search(name) is not None


SQUARE_FEET = Unit(
    "square feet",
    re.compile(
        r"sq(?:uare)?[\W_]*f(?:ee|oo)?t|(?<![a-z])f(?:ee|oo)?t[\W_]*(?:2|\u00b2|sq)|(?<![a-z])sf(?![a-z])",
        re.IGNORECASE,
    ),
    SQUARE_FOOT,
    "square metres",
)
