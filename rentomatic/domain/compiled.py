"""Functions made of the names of a room's fields, where a loop over them is too slow."""

from collections.abc import Callable, Iterable
from typing import Any


def compile_function(parameters: str, body: Iterable[str], **names: object) -> Callable[..., Any]:
    """Compile a function, as `dataclasses` does for its own.

    Args:
        parameters: its parameters, as they stand between the parentheses of a `def`.
        body: its lines, made of the code's own names alone and never of input.
        names: the global names that it uses.
    """
    lines = "\n    ".join(body)
    exec(f"def compiled({parameters}):\n    {lines}", names)  # noqa: S102 - see `body`
    return names["compiled"]  # type: ignore[return-value]
