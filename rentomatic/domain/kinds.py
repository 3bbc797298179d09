"""The kinds of values of a room's fields: what is valid, and their JSON Schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

JsonSchema = Mapping[str, Any]

EQUALITY = ("eq", "ne", "in")
COMPARISON = ("eq", "ne", "lt", "lte", "gt", "gte", "in")


class Kind(Protocol):
    """A kind of value.

    Attributes:
        type: the Python type of its values.
        operators: the names of the operators that compare them.
    """

    @property
    def type(self) -> type: ...  # noqa: D102 - see the attributes

    @property
    def operators(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid."""

    def normal(self, value: Any) -> Any:  # noqa: ANN401 - each kind has a type of its own
        """Convert a valid value to the form in which every repository returns it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A UUID."""

    type: type = UUID
    operators: tuple[str, ...] = EQUALITY

    @property
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""
        return {"type": "string", "format": "uuid"}

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid."""
        return None if isinstance(value, UUID) else "must be a UUID"

    def normal(self, value: UUID) -> UUID:
        """Return the value."""
        return value


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer from `least` to `most`."""

    least: int
    most: int
    type: type = int
    operators: tuple[str, ...] = COMPARISON

    @property
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid; a `bool` is not valid."""
        if type(value) is int and self.least <= value <= self.most:
            return None
        return f"must be an integer from {self.least} to {self.most}"

    def normal(self, value: int) -> int:
        """Return the value."""
        return value


@dataclass(frozen=True, slots=True)
class Degrees:
    """A finite number of degrees from `-most` to `most`."""

    most: int
    type: type = float
    operators: tuple[str, ...] = COMPARISON

    @property
    def schema(self) -> JsonSchema:
        """Describe the values as JSON Schema."""
        return {"type": "number", "minimum": -self.most, "maximum": self.most}

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid; NaN is in no range."""
        if type(value) in {float, int} and -self.most <= value <= self.most:  # type: ignore[operator]
            return None
        return f"must be a number from -{self.most} to {self.most}"

    def normal(self, value: float) -> float:
        """Return a float, as JSON may hold 21, and never -0.0."""
        return float(value) + 0.0
