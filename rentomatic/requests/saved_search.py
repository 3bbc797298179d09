"""The request to save a search, whose rooms a webhook reports."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from rentomatic.domain.kinds import MAX_ADDRESS, Text
from rentomatic.reachable import PUBLIC, Reachable
from rentomatic.requests.base import InvalidRequest, ParameterError, ValidRequest
from rentomatic.requests.parsers import closest, is_utf8, shown, shown_name
from rentomatic.requests.room_selection import RoomSelection

MAX_NAME = 200
# As long as a request line of `GET /rooms` may be.
MAX_QUERY = 8_000
KEYS = ("name", "query", "webhook")

_NAME = Text(MAX_NAME)
# Of the URL, without spaces, quotes and backslashes, which programs read differently (RFC 3986).
_URL = re.compile(r"[!#-;=?-\[\]_a-z~]+", re.ASCII)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_MAX_HOST = 253
_NUMERIC = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?")


@dataclass(frozen=True, slots=True)
class SavedSearchRequest(ValidRequest):
    """Save this search.

    Attributes:
        name: what its owner calls it.
        query: the query string of the search.
        webhook: where changes of its rooms are reported.
    """

    name: str
    query: str
    webhook: str


def build_saved_search_request(
    values: Mapping[str, object],
    selection: RoomSelection | InvalidRequest,
    reachable: Reachable = PUBLIC,
) -> SavedSearchRequest | InvalidRequest:
    """Read a search to save.

    Args:
        values: its name, query and webhook.
        selection: what the query selects, or what is wrong with it.
        reachable: where webhooks may be.
    """
    errors = [_unknown(each) for each in values if each not in KEYS]
    texts = {name: _text(values, name, errors) for name in KEYS}
    if texts["name"] is not None and (problem := _problem_of_name(texts["name"])):
        errors.append(ParameterError("name", problem))
    if len(query := texts["query"] or "") > MAX_QUERY:
        errors.append(ParameterError("query", f"must have at most {MAX_QUERY} characters"))
    elif "\0" in query or not is_utf8(query):
        # Ignored parameters are not read, but stored.
        errors.append(ParameterError("query", "must be text without NUL and lone surrogates"))
    elif isinstance(selection, InvalidRequest):
        errors += [
            ParameterError("query", f"{each.parameter}: {each.message}", suggestion=each.suggestion)
            for each in selection.errors
        ]
    if texts["webhook"] is not None:
        try:
            check_webhook(texts["webhook"], reachable)
        except ValueError as problem:
            errors.append(ParameterError("webhook", str(problem)))
    if errors:
        return InvalidRequest(tuple(errors))
    name, query, webhook = (text or "" for text in texts.values())
    return SavedSearchRequest(_NAME.normal(name) or "", query, webhook)


def check_webhook(text: str, reachable: Reachable) -> None:
    """Check a webhook; raises ValueError with what it must be.

    Its name is not resolved here: what it means may have changed when something is sent.
    """
    form = "must be an address that begins with https://"
    if len(text) > MAX_ADDRESS or not _URL.fullmatch(text):
        raise ValueError(
            f"{form}, of at most {MAX_ADDRESS} ASCII characters without spaces; other letters are"
            f" escaped, not {shown(text)}"
        )
    url = _split(text, form)
    if url.username is not None or url.password is not None or "@" in url.netloc:
        raise ValueError("must not contain a user name or password; receivers check signatures")
    if "#" in text:
        raise ValueError("must not have a fragment (#), which is not sent")
    is_local = _check_host(url.hostname or "", reachable)
    if url.scheme != "https" and not (url.scheme == "http" and is_local):
        raise ValueError(f"{form}, not {shown(text)}")


def _split(text: str, form: str) -> SplitResult:
    try:
        url = urlsplit(text)
        is_port_good = url.port != 0
    except ValueError:
        raise ValueError(f"{form}, with a host and maybe a port, not {shown(text)}") from None
    if not (url.netloc and url.hostname and is_port_good):
        raise ValueError(f"{form}, with a host and maybe a port, not {shown(text)}")
    return url


def _check_host(host: str, reachable: Reachable) -> bool:
    """Check the host of a webhook; return whether it is this machine, and allowed."""
    try:
        address = ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith(".localhost"):
            if reachable.loopback:
                return True
            raise ValueError("must be a public host, not this machine") from None
        is_name = len(host) <= _MAX_HOST and _HOST_NAME.fullmatch(host)
        # Resolvers read 127.1 and 0x7f000001 as 127.0.0.1.
        if not is_name or _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
            raise ValueError(f"must have a host name or an IP address, not {shown(host)}") from None
        return False
    if not reachable.includes(address):
        raise ValueError(f"must be a public host; {address} is private or has a special use")
    return address.is_loopback


def _unknown(name: str) -> ParameterError:
    message = f"{shown_name(name)} cannot be used; use {', '.join(KEYS)}"
    return ParameterError(shown_name(name), message, suggestion=closest(name, KEYS))


def _text(values: Mapping[str, object], name: str, errors: list[ParameterError]) -> str | None:
    value = values.get(name)
    if isinstance(value, str):
        return value
    problem = "must be text" if name in values else "is missing"
    errors.append(ParameterError(name, problem))
    return None


def _problem_of_name(text: str) -> str | None:
    if problem := _NAME.problem(text):
        return f"{problem}, not {shown(text)}"
    return None if _NAME.normal(text) else "must not be empty"
