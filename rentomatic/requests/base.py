"""Requests, valid or not, are values."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar


@dataclass(frozen=True, slots=True)
class ParameterError:
    """One thing that is wrong with a request.

    Attributes:
        parameter: the parameter that is wrong; `filters` for any of the filters.
        message: what is wrong with it and what would be right.
        key: which of the filters, as it was given: `price__lt`.
        suggestion: what was probably meant in its place.
    """

    parameter: str
    message: str
    key: str | None = None
    suggestion: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        return f"{self.parameter}: {self.message}{hint}"


class ValidRequest:
    """A request that a use case can take; it is true."""

    __slots__ = ()

    def __bool__(self) -> Literal[True]:
        return True


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """A request that no use case will take; it is false."""

    errors: tuple[ParameterError, ...]

    def __bool__(self) -> Literal[False]:
        return False


R = TypeVar("R", bound=ValidRequest)


def with_errors(
    request: R | InvalidRequest,
    errors: Sequence[ParameterError],
    spoilt: Collection[str] = (),
) -> R | InvalidRequest:
    """Put errors that were found before a request could be read in front of its own.

    Args:
        request: as it was read.
        errors: what was found before.
        spoilt: parameters of which these errors tell all; what else is said of them is left out.
    """
    if not errors:
        return request
    own = request.errors if isinstance(request, InvalidRequest) else ()
    return InvalidRequest((*errors, *(each for each in own if each.parameter not in spoilt)))
