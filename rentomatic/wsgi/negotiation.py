"""Content negotiation by `Accept` (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Sequence
from functools import lru_cache

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.formats.table import FORMATS
from rentomatic.serializers.problem import MEDIA_TYPE as PROBLEM
from rentomatic.wsgi.response import HTML

_RANGE = re.compile(r"\*/\*|[\w!#$&^.+-]+/(?:\*|[\w!#$&^.+-]+)")
_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE)


@lru_cache(maxsize=256)
def prefers_problem(accept: str) -> bool:
    """Return whether an `Accept` header asks for errors as problem details."""
    weights = _read_types(accept)
    return weights.get(PROBLEM, 0) > 0 and weights[PROBLEM] >= weights.get(JSON, 0)


@lru_cache(maxsize=256)
def prefers_html(accept: str) -> bool:
    """Return whether an `Accept` header names HTML and prefers it to every other format."""
    weights = _read_types(accept)
    others = [_weight(each.media_type, weights) for each in FORMATS.values()]
    return weights.get(HTML, 0) > max(*others, weights.get(PROBLEM, 0))


@lru_cache(maxsize=256)
def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """Return the offered media type that an `Accept` header prefers; None if it accepts none.

    Between equals, or without preferences, the first is chosen. Problem details are ignored:
    they choose only the form of errors.
    """
    weights = {name: weight for name, weight in _read_types(accept).items() if name != PROBLEM}
    if not weights:
        return offered[0]
    best = max(offered, key=lambda media_type: _weight(media_type, weights))
    return best if _weight(best, weights) else None


def _weight(media_type: str, weights: dict[str, float]) -> float:
    """Return the weight of the most specific range that contains a media type."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((weights[each] for each in ranges if each in weights), 0)


def _read_types(accept: str) -> dict[str, float]:
    weights = read_weights(accept)
    return {name: weight for name, weight in weights.items() if _RANGE.fullmatch(name)}


def read_weights(accepted: str) -> dict[str, float]:
    """Return what a header such as `Accept` or `Accept-Language` names, with its weights."""
    return dict(map(_read_weight, accepted.split(",")))


def _read_weight(part: str) -> tuple[str, float]:
    name, *parameters = part.split(";")
    weights = [match[1] for each in parameters if (match := _WEIGHT.fullmatch(each))]
    return name.strip().lower(), float(weights[0]) if weights else 1.0
