"""The body of a request, read strictly: JSON in UTF-8 (RFC 8259), one object."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NoReturn

from rentomatic.requests.parsers import shown, shown_name
from rentomatic.responses import ResponseFailure, ResponseTypes
from rentomatic.serializers.json import MEDIA_TYPE as JSON
from rentomatic.wsgi.request import Request

MERGE_PATCH = "application/merge-patch+json"
MAX_BODY_BYTES = 65_536
# Of an integer; whatever no field holds is told by the field.
_MAX_DIGITS = 30
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)

NOT_ARRIVED = ResponseFailure(ResponseTypes.TIMEOUT_ERROR, "The body did not arrive in time")

Values = dict[str, Any]


def read_object(request: Request, media_type: str = JSON) -> Values | ResponseFailure:
    """Read a JSON object."""
    given = request.content_type.partition(";")[0].strip().lower()
    charset = _CHARSET.search(request.content_type)
    is_readable = request.content_encoding in {"", "identity"} and (
        charset is None or charset[1].lower() in {"utf-8", "utf8"}
    )
    if given != media_type or not is_readable:
        return unsupported(request.content_type, request.content_encoding, media_type)
    body = read_body(request, MAX_BODY_BYTES)
    if isinstance(body, ResponseFailure):
        return body
    try:
        return _parse(body)
    except RecursionError:
        return _malformed("is nested too deep; a room is one flat object")
    except ValueError as problem:
        return _malformed(str(problem))


def _parse(body: bytes) -> Values:
    """Read JSON; raises ValueError with what is wrong with it."""
    try:
        text = body.decode("utf-8")
        values = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer
        )
    except UnicodeDecodeError:
        msg = "must be UTF-8"
        raise ValueError(msg) from None
    except json.JSONDecodeError as error:
        msg = f"is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        raise ValueError(msg) from None
    if not isinstance(values, dict):
        msg = 'must be an object such as {"size": 20, "price": 60, ...}'
        raise ValueError(msg)  # noqa: TRY004 - what a client sent, not what a caller did
    return values


def read_body(request: Request, most: int) -> bytes | ResponseFailure:
    """Read a body of at most so many bytes, counted while they come."""
    if request.content_length is not None and request.content_length > most:
        return too_long(most)
    try:
        body = request.body.read(most + 1)
    except ValueError:
        return _malformed("is not sent in chunks as HTTP wants them")
    except OSError:
        # A client that stopped in the middle of it, or has gone.
        return NOT_ARRIVED
    if len(body) > most:
        return too_long(most)
    if request.content_length is not None and len(body) < request.content_length:
        return _malformed("was cut short")
    return body


def too_long(most: int) -> ResponseFailure:
    """Say how long a body may be."""
    message = f"The body is too long; at most {most} bytes are taken"
    return ResponseFailure(ResponseTypes.SIZE_ERROR, message)


def unsupported(content_type: str, content_encoding: str, media_type: str) -> ResponseFailure:
    """Say what a body must be."""
    given = shown(content_type) if content_type else "nothing"
    encoded = f" in {shown(content_encoding)}" if content_encoding not in {"", "identity"} else ""
    message = f"Content-Type: must be {media_type} in UTF-8, uncompressed, not {given}{encoded}"
    return ResponseFailure(ResponseTypes.MEDIA_TYPE_ERROR, message)


def _malformed(problem: str) -> ResponseFailure:
    return ResponseFailure(ResponseTypes.PARAMETERS_ERROR, f"body: {problem}")


def _object(pairs: Sequence[tuple[str, Any]]) -> Values:
    values = dict(pairs)
    if len(values) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        msg = f"has {shown_name(twice)} more than once"
        raise ValueError(msg)
    return values


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        msg = f"has a number with more than {_MAX_DIGITS} digits"
        raise ValueError(msg)
    return int(digits)


def _no_constant(name: str) -> NoReturn:
    msg = f"is not JSON: {name} is no number"
    raise ValueError(msg)
