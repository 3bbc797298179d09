"""The parameters, except filters: a table for HTTP, the command line and the documents."""

from collections.abc import Sequence
from dataclasses import dataclass

from rentomatic.domain.kinds import JsonSchema
from rentomatic.domain.room import COORDINATES, FIELDS, SEARCHED
from rentomatic.domain.room_map import MAX_CELLS, MAX_ZOOM
from rentomatic.requests.parsers import MAX_INTEGER
from rentomatic.requests.room_changes import DEFAULT_CHANGES, MAX_CHANGES, Start
from rentomatic.requests.room_feed import PRICE_FALLS
from rentomatic.requests.room_fields import DISTANCE
from rentomatic.requests.room_import import OnError
from rentomatic.requests.room_list import COUNTS, DEFAULT_LIMIT, MAX_LIMIT, UNLIMITED
from rentomatic.requests.room_order import SORT_NAMES
from rentomatic.requests.room_selection import BBOX_FORM, NEAR_FORM
from rentomatic.requests.room_similar import REACH
from rentomatic.requests.search_words import EXAMPLE_WORDS


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter.

    Attributes:
        name: its name; on the command line with hyphens.
        schema: its values as JSON Schema; arrays are written with commas.
        example: a value; None if it depends on the search.
        title: a unique name, if a parameter of another resource has the same name.
    """

    name: str
    form: str
    help: str
    schema: JsonSchema
    example: object = None
    is_required: bool = False
    title: str = ""

    @property
    def unique_name(self) -> str:
        """The name that no other parameter has."""
        return self.title or self.name


def degrees(form: str) -> JsonSchema:
    """Describe the coordinates of one or two places."""
    number = len(form.split(","))
    pair = [FIELDS[name].kind.schema for name in COORDINATES]
    return {
        "type": "array",
        "prefixItems": [pair[place % 2] for place in range(number)],
        # maxItems excludes further items, but client generators need their type.
        "items": {"type": "number"},
        "minItems": number,
        "maxItems": number,
    }


def _some_of(names: Sequence[str]) -> JsonSchema:
    items = {"type": "string", "enum": list(names)}
    return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}


_METRES = {"type": "number", "minimum": 0, "exclusiveMaximum": MAX_INTEGER + 1}

SELECTION_PARAMETERS = (
    Parameter(
        "q",
        "words",
        f"rooms in whose {', '.join(SEARCHED[:-1])} or {SEARCHED[-1]} each of these words begins a "
        "word, whatever its case and accents; Han and kana match anywhere",
        {"type": "string", "minLength": 1},
        EXAMPLE_WORDS,
    ),
    Parameter(
        "filter",
        "expression",
        "rooms that meet a boolean expression over the fields, in CQL2 text",
        {"type": "string", "minLength": 1},
        "price < 60 OR bedrooms >= 2",
    ),
    Parameter(
        "bbox",
        BBOX_FORM,
        "a box in degrees, edges included; west > east crosses the antimeridian",
        degrees(BBOX_FORM),
        (-0.2, 51.3, 0.3, 51.8),
    ),
    Parameter(
        "near",
        NEAR_FORM,
        "a place in degrees; adds the `distance` of each room in metres, but does not sort by it",
        degrees(NEAR_FORM),
        (-0.12, 51.5),
    ),
    Parameter(
        "radius",
        "metres",
        "rooms at most this far from `near` (great-circle distance)",
        _METRES,
        50_000,
    ),
    Parameter("radius_min", "metres", "rooms at least this far from `near`", _METRES, 1_000),
)

SEARCH_PARAMETERS = (
    *SELECTION_PARAMETERS,
    Parameter(
        "sort",
        "price,-size",
        f"fields, and `{DISTANCE}` with `near`; `-` for descending (default: in the order added)",
        _some_of([*SORT_NAMES, *(f"-{name}" for name in SORT_NAMES)]),
        ("price", "-size"),
    ),
    Parameter(
        "limit",
        f"1..{MAX_LIMIT} or {UNLIMITED}",
        f"at most this many rooms (default {DEFAULT_LIMIT}, a setting); "
        f"`{UNLIMITED}` streams all of them",
        {
            "oneOf": [
                {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
                {"type": "string", "const": UNLIMITED},
            ]
        },
        20,
    ),
    Parameter(
        "after",
        "cursor",
        "the next page of the same search: the cursor in the `Link` of the previous page",
        {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    ),
    Parameter(
        "count",
        " or ".join(COUNTS),
        "adds the number of rooms on all pages, in `X-Total-Count`",
        {"type": "string", "enum": list(COUNTS)},
        COUNTS[0],
    ),
    Parameter(
        "fields",
        "code,price",
        "return only these fields of each room",
        _some_of((*FIELDS, DISTANCE)),
        ("code", "price"),
    ),
)

MAP_PARAMETERS = (
    *SELECTION_PARAMETERS,
    Parameter(
        "zoom",
        f"0..{MAX_ZOOM}",
        "how small the cells are: as many degrees wide and high as 90 divided by two to this power "
        f"(default: as fits the map); at most {MAX_CELLS:,} cells may be in the map",
        {"type": "integer", "minimum": 0, "maximum": MAX_ZOOM},
        8,
    ),
)

_ABOUT_PLACES = ("near", "radius", "radius_min")
_RADII_OF_SIMILAR = {**_METRES, "maximum": REACH}

SIMILAR_PARAMETERS = (
    *(each for each in SELECTION_PARAMETERS if each.name not in _ABOUT_PLACES),
    Parameter(
        "radius",
        f"metres, at most {REACH}",
        f"rooms at most this far from the room (default {REACH})",
        _RADII_OF_SIMILAR,
        20_000,
        title="radius-of-similar",
    ),
    Parameter(
        "radius_min",
        "metres",
        "rooms at least this far from the room",
        _RADII_OF_SIMILAR,
        100,
        title="radius_min-of-similar",
    ),
    Parameter(
        "limit",
        f"1..{MAX_LIMIT}",
        f"at most this many rooms (default {DEFAULT_LIMIT}, a setting)",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
        4,
        title="limit-of-similar",
    ),
    next(each for each in SEARCH_PARAMETERS if each.name == "fields"),
)

FEED_PARAMETERS = (
    *SELECTION_PARAMETERS,
    Parameter(
        PRICE_FALLS,
        "true or false",
        "`true` adds rooms whose price fell",
        {"type": "boolean"},
        True,  # noqa: FBT003 - an example
    ),
)

CURSOR_PATTERN = "^[A-Za-z0-9_-]{16,}$"

CHANGES_PARAMETERS = (
    Parameter(
        "since",
        f"cursor, {Start.OLDEST} or {Start.NOW}",
        "the `next` of the previous answer; "
        f"`{Start.NOW}` to begin, `{Start.OLDEST}` for the oldest change that is kept",
        {
            "oneOf": [
                {"type": "string", "pattern": CURSOR_PATTERN},
                {"type": "string", "enum": list(Start)},
            ]
        },
        Start.NOW.value,
        is_required=True,
    ),
    Parameter(
        "limit",
        f"1..{MAX_CHANGES}",
        f"at most this many changes (default {DEFAULT_CHANGES})",
        {"type": "integer", "minimum": 1, "maximum": MAX_CHANGES, "default": DEFAULT_CHANGES},
        20,
        title="limit-of-changes",
    ),
)

ON_ERROR = "on_error"

BATCH_PARAMETERS = (
    Parameter(
        ON_ERROR,
        " or ".join(OnError),
        "for a batch with bad lines: by default "
        f"(`{OnError.STOP}`) nothing is written, `{OnError.SKIP}` writes the good lines",
        {"type": "string", "enum": list(OnError), "default": OnError.STOP},
    ),
)
