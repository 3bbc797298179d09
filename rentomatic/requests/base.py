"""Valid and invalid requests."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar


@dataclass(frozen=True, slots=True)
class ParameterError:
    """One error of a request.

    Attributes:
        parameter: the wrong parameter; `filters` for any filter.
        message: what is wrong and what would be right.
        key: which filter, as it was given: `price__lt`.
        suggestion: what was probably meant instead.
    """

    parameter: str
    message: str
    key: str | None = None
    suggestion: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        return f"{self.parameter}: {self.message}{hint}"


class ValidRequest:
    """A request that a use case accepts; it is true."""

    __slots__ = ()

    def __bool__(self) -> Literal[True]:
        return True


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """A request with errors, which no use case accepts; it is false."""

    errors: tuple[ParameterError, ...]

    def __bool__(self) -> Literal[False]:
        return False


R = TypeVar("R", bound=ValidRequest)


def with_errors(
    request: R | InvalidRequest,
    errors: Sequence[ParameterError],
    spoilt: Collection[str] = (),
) -> R | InvalidRequest:
    """Return a request with earlier errors in front of its own.

    `spoilt` are parameters whose other errors are left out, as the earlier ones cause them.
    """
    if not errors:
        return request
    own = request.errors if isinstance(request, InvalidRequest) else ()
    return InvalidRequest((*errors, *(each for each in own if each.parameter not in spoilt)))
