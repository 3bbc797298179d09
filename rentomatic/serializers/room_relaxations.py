"""The JSON of relaxations."""

from typing import Any

from rentomatic.domain.geography import Box
from rentomatic.domain.relaxation import Relaxation
from rentomatic.requests.parsers import as_list_text


def relaxation_to_wire(
    relaxation: Relaxation, parameter: str, given: str, **links: str
) -> dict[str, Any]:
    """Return a relaxation with its values as text, as a search takes them.

    Args:
        relaxation: what to write.
        parameter: what the changed parameter is called.
        given: its present value.
        links: how to make the changed search.
    """
    return {
        "parameter": parameter,
        "from": given,
        "to": value_to_text(relaxation.value),
        "count": relaxation.count,
        "count_kind": relaxation.kind.value,
        **links,
    }


def value_to_text(value: object) -> str | None:
    """Write the value of a parameter as a search takes it; None for one that is removed."""
    if value is None:
        return None
    if isinstance(value, Box):
        value = (value.west, value.south, value.east, value.north)
    return as_list_text(value)
