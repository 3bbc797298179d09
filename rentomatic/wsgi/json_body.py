"""A request body of one JSON object (RFC 8259) in UTF-8, read strictly."""

import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Sequence
from typing import Any, NoReturn

from rentomatic.requests.parsers import shown_name
from rentomatic.wsgi.body import MAX_BODY_BYTES, malformed, receive
from rentomatic.wsgi.failure import RefusedError
from rentomatic.wsgi.request import Request

MERGE_PATCH = "application/merge-patch+json"
# Of an integer; each field checks its own range.
_MAX_DIGITS = 30

Values = dict[str, Any]


def read_object(request: Request, example: str, several: str = "") -> Values:
    """Read a JSON object; raises RefusedError if the body is not one.

    Args:
        request: the request.
        example: what would be right.
        several: how more than one is sent, if that is possible.
    """
    with receive(request.content, MAX_BODY_BYTES) as received:
        body = received.read()
    try:
        values = _parse(body)
        if isinstance(values, dict):
            return values
        is_several = isinstance(values, list) and any(isinstance(each, dict) for each in values)
        wrong = f"{{...}}, not an array{several}" if is_several else example
        problem = f"must be an object such as {wrong}"
    except RecursionError:
        problem = f"is nested too deeply; it must be a flat object such as {example}"
    except ValueError as error:
        problem = str(error)
    raise RefusedError(malformed(problem))


def _parse(body: bytes) -> object:
    """Read JSON; raises ValueError with what is wrong."""
    if body.startswith(BOM_UTF8):
        raise ValueError("must be UTF-8 without a byte order mark")
    try:
        text = body.decode("utf-8")
        values: object = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer
        )
    except UnicodeDecodeError:
        raise ValueError("must be UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from None
    return values


def _object(pairs: Sequence[tuple[str, Any]]) -> Values:
    values = dict(pairs)
    if len(values) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"has {shown_name(twice)} more than once")
    return values


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"has a number with more than {_MAX_DIGITS} digits")
    return int(digits)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"is not JSON, which has no {name}")
