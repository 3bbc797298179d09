"""THE table of the parameters of a search beside its filters: HTTP, command line and documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rentomatic.requests.room_fields import DISTANCE, FIELDS
from rentomatic.requests.room_list import COUNTS, MAX_LIMIT, UNLIMITED
from rentomatic.requests.room_order import SORT_NAMES
from rentomatic.requests.room_selection import BBOX_FORM, NEAR_FORM

_NUMBER = r"-?[0-9]{1,18}(\.[0-9]{1,400})?"
_SORT = "|".join(SORT_NAMES)
_SHOWN = "|".join((*FIELDS, DISTANCE))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter.

    Attributes:
        name: its name; on the command line with hyphens.
        form: what its value looks like.
        help: what it means.
        schema: the form as JSON Schema.
        example: a value.
    """

    name: str
    form: str
    help: str
    schema: Mapping[str, Any]
    example: str


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}


SELECTION_PARAMETERS = (
    Parameter(
        "bbox",
        BBOX_FORM,
        "a box in degrees, edges included; west > east crosses the antimeridian",
        _text(rf"{_NUMBER}(,{_NUMBER}){{3}}"),
        "-0.2,51.3,0.3,51.8",
    ),
    Parameter(
        "near",
        NEAR_FORM,
        "a place in degrees; each room then has its `distance` in metres",
        _text(f"{_NUMBER},{_NUMBER}"),
        "-0.12,51.5",
    ),
    Parameter(
        "radius",
        "metres",
        "rooms at most so far from `near`, by great circle",
        {"type": "number", "minimum": 0, "maximum": 1e9},
        "50000",
    ),
    Parameter(
        "radius_min",
        "metres",
        "rooms at least so far from `near`",
        {"type": "number", "minimum": 0, "maximum": 1e9},
        "1000",
    ),
)

LIST_PARAMETERS = (
    *SELECTION_PARAMETERS,
    Parameter(
        "sort",
        "price,-size",
        f"fields, and `{DISTANCE}` with `near`; `-` for descending (by default as they were added)",
        _text(f"-?({_SORT})(,-?({_SORT}))*"),
        "price,-size",
    ),
    Parameter(
        "limit",
        f"1..{MAX_LIMIT} or {UNLIMITED}",
        f"how many rooms at most (by default 100); `{UNLIMITED}` streams all of them",
        {
            "oneOf": [
                {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
                {"type": "string", "const": UNLIMITED},
            ]
        },
        "20",
    ),
    Parameter(
        "after",
        "cursor",
        "the next page of the same search, as the `Link` of the page before gives it",
        {"type": "string"},
        "",
    ),
    Parameter(
        "count",
        " or ".join(COUNTS),
        "how many rooms there are on all pages, in `X-Total-Count`",
        {"type": "string", "enum": list(COUNTS)},
        COUNTS[0],
    ),
    Parameter(
        "fields",
        "code,price",
        "only these fields of each room",
        _text(f"({_SHOWN})(,({_SHOWN}))*"),
        "code,price",
    ),
)
