"""Functions compiled from the names of a room's fields, where a loop over them is too slow."""

from collections.abc import Callable, Iterable
from typing import Any


def compile_function(parameters: str, body: Iterable[str], **names: object) -> Callable[..., Any]:
    """Compile a function, as `dataclasses` does.

    Args:
        parameters: its parameters, as written between the parentheses of a `def`.
        body: its lines, built only from names in the code, never from input.
        names: the global names that it uses.
    """
    lines = "\n    ".join(body)
    exec(f"def compiled({parameters}):\n    {lines}", names)  # noqa: S102 - see `body`
    return names["compiled"]  # type: ignore[return-value]
