"""What the client wants to read (RFC 9110, section 12.5.1)."""

import re
from functools import lru_cache

from rentomatic.serializers.json import MEDIA_TYPE as JSON
from rentomatic.serializers.problem import MEDIA_TYPE as PROBLEM

_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE)


@lru_cache(maxsize=256)
def prefers_problem(accept: str) -> bool:
    """Tell whether an `Accept` header asks for errors as problem details."""
    weights = dict(_read_range(part) for part in accept.split(","))
    return weights.get(PROBLEM, 0) > 0 and weights[PROBLEM] >= weights.get(JSON, 0)


def _read_range(part: str) -> tuple[str, float]:
    media_type, *parameters = part.split(";")
    weights = [match[1] for each in parameters if (match := _WEIGHT.fullmatch(each))]
    return media_type.strip().lower(), float(weights[0]) if weights else 1.0
