"""Units in which others measure what a room has in another unit."""

import re
from dataclasses import dataclass
from decimal import Decimal

SQUARE_FOOT = Decimal("0.09290304")  # square metres, exactly


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in which files give a field, though the room has it in another.

    Attributes:
        name: its name.
        pattern: how the name of a column says so.
        factor: what one is in the room's unit.
        own: the room's unit.
    """

    name: str
    pattern: re.Pattern[str]
    factor: Decimal
    own: str

    def is_named_by(self, name: str) -> bool:
        """Tell whether a column's name says that its values have this unit."""
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
