"""Strict parsing of query strings."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

from rentomatic.requests.base import ParameterError
from rentomatic.requests.parameters import SEARCH_PARAMETERS
from rentomatic.requests.parsers import shown_name
from rentomatic.requests.room_fields import FILTER_KEYS, OPERATORS, Takes

FILTER_PREFIX = "filter_"
FORMAT = "format"

# What advertisers append to links.
_IGNORED = re.compile(r"utm_.*|gclid|fbclid")
_PLAIN = re.compile(r"[\x20-\x24\x26-\x2a\x2c-\x7e]*")  # neither % nor +
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TWICE = 2

# The form of each parameter that takes a list.
_LISTS = {
    each.name: each.form for each in SEARCH_PARAMETERS if each.schema.get("type") == "array"
} | {
    f"{FILTER_PREFIX}{key}": Takes.LIST.value
    for key, (_, operator) in FILTER_KEYS.items()
    if OPERATORS[operator].takes is Takes.LIST
}


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of a request.

    Attributes:
        raw: as it was sent.
        values: decoded, by name; each given once and not empty.
        sent: the same as sent, `name=value`.
        errors: what is wrong with the others.
    """

    raw: str = ""
    values: dict[str, str] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    errors: list[ParameterError] = field(default_factory=list)


def parse_query(raw: str) -> Query:
    """Parse a query string in WSGI's form: bytes decoded as Latin-1.

    A parameter that is repeated or empty, or has a broken escape, invalid UTF-8 or a NUL, is an
    error: guessing might answer a different question.
    """
    query = Query(raw)
    times: dict[str, int] = {}
    for pair in filter(None, raw.split("&")):
        name, value, problem = _read(pair)
        if _IGNORED.fullmatch(name):
            continue
        times[name] = times.get(name, 0) + 1
        if times[name] > 1 and name in _LISTS and name in query.values:
            # As it was meant, to avoid further errors.
            query.values[name] += f",{value}"
        if times[name] == _TWICE:
            query.errors.append(ParameterError(shown_name(name), _repeated(name)))
        elif times[name] == 1 and problem:
            query.errors.append(ParameterError(shown_name(name), problem))
        elif times[name] == 1:
            query.values[name] = value
            query.sent[name] = pair
    return query


def without_blanks(raw: str) -> str:
    """Return a query string without the parameters that have no value, as forms send them."""
    pairs = filter(None, raw.split("&"))
    return quoted("&".join(pair for pair in pairs if _read(pair)[1].strip()))


def quoted(query: str) -> str:
    """Quote characters that clients may send but that a reference must not contain."""
    return quote(query.encode("latin-1"), safe="%=&+,:;/?@!$'()*-._~")


def _repeated(name: str) -> str:
    """Return the message; some clients send a list as one parameter per value."""
    how = f"; join them with a comma: {name}={_LISTS[name]}" if name in _LISTS else ""
    return f"is given more than once{how}"


def _read(pair: str) -> tuple[str, str, str]:
    """Return a name, its value, and what is wrong with them."""
    name, _, value = pair.partition("=")
    problem = ""
    if not _PLAIN.fullmatch(pair):
        name, name_problem = unquote(name)
        value, value_problem = unquote(value)
        problem = name_problem or value_problem
    if not problem and not (name and value):
        problem = "has no value" if name else "is not the name of a parameter"
    return name, value, problem


def unquote(raw: str) -> tuple[str, str]:
    """Decode a name or a value as far as possible; return it, and what is wrong with it."""
    broken = _BROKEN_ESCAPE.search(raw)
    decoded = unquote_to_bytes(raw.replace("+", " ").encode("latin-1"))
    text = decoded.decode("utf-8", errors="replace")
    if broken:
        return text, "has a % that is not followed by two hexadecimal digits"
    if b"\0" in decoded:
        return text, "contains a NUL"
    if text.encode() != decoded:
        return text, "is not UTF-8"
    return text, ""
