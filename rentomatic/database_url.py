"""URLs of databases: checked, completed, and shown without passwords."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote

_SCHEME = re.compile(r"postgres(?:ql(?:\+psycopg)?)?://", re.ASCII)
# urlsplit cannot read several hosts, as libpq and MongoDB can.
_URL = re.compile(
    r"(?P<server>[a-z+]+://(?P<user>[^/?#]*@)?(?P<hosts>[^/?#@]*))"
    r"(?P<path>[^?#]*)(?P<query>\?.*)?",
    re.DOTALL,
)
_HOST = re.compile(r"(?:\[(?P<address>[^\]]*)\]|[^:\[\]]*)(?::(?P<port>\d*))?", re.ASCII)
_LAST_PORT = 65535
# What should be percent-encoded: the driver's message would show it with the password.
_UNENCODED = re.compile(r"[\x00-\x20\x7f]|%(?![0-9a-f]{2})|%00|\](?![:/,?])", re.IGNORECASE)


def parse_postgres_url(text: str) -> str:
    """Accept each spelling of the scheme that platforms and tools use; return libpq's.

    Raises:
        ValueError: with what the text must be.
    """
    url = _SCHEME.sub("postgresql://", text, count=1)
    if not (url.startswith("postgresql://") and _names_database(url)):
        raise ValueError("a URL such as postgresql://user:password@host:5432/database")
    return url


def parse_mongodb_url(text: str) -> str:
    """Accept MongoDB's schemes.

    Raises:
        ValueError: with what the text must be.
    """
    if not (text.startswith(("mongodb://", "mongodb+srv://")) and _names_database(text)):
        raise ValueError(
            "a URL with a database, such as mongodb://user:password@host:27017/database"
        )
    return text


def with_database(url: str, name: str) -> str:
    """Return the URL of another database on the same server; its name is percent-encoded."""
    parts = _parts(url)
    return f"{parts['server']}/{name}{parts['query']}"


def database_of(url: str) -> str:
    """Return the name of the database."""
    return unquote(_parts(url)["path"].removeprefix("/"))


def of_primary(url: str, environ: Mapping[str, str]) -> str:
    """Choose the server that accepts writes, if a URL of PostgreSQL names several.

    Unless the URL or libpq's variable says which one is wanted.
    """
    parts = _parts(url)
    query = parse_qs(parts["query"].removeprefix("?"))
    if "target_session_attrs" in query or environ.get("PGTARGETSESSIONATTRS"):
        return url
    places = [*query.get("host", [""]), *query.get("hostaddr", [""]), unquote(parts["hosts"])]
    if not any(places):
        places = [environ.get("PGHOST", ""), environ.get("PGHOSTADDR", "")]
    if not any("," in place for place in places):
        return url
    joint = "?" if not parts["query"] else "" if parts["query"] == "?" else "&"
    return f"{url}{joint}target_session_attrs=read-write"


def masked(url: str) -> str:
    """Replace the password in a URL, even in a malformed one."""
    head, at, rest = url.rpartition("@")
    user = re.match(r"(?:[a-z][a-z0-9+.-]*://)?[^:/]*", head, re.IGNORECASE)
    if at and user and user[0] != head:
        url = f"{user[0]}:***@{rest}"
    return re.sub(r"(password=)[^&]*", r"\1***", url)


def _parts(url: str) -> dict[str, str]:
    found = _URL.fullmatch(url)
    return found.groupdict("") if found else {}


def _names_database(url: str) -> bool:
    parts = _parts(url)
    return (
        bool(parts)
        and parts["user"].count("@") <= 1
        and not _UNENCODED.search(url)
        and all(map(_is_host, parts["hosts"].split(",")))
        and bool(parts["path"].strip("/"))
    )


def _is_host(text: str) -> bool:
    host = _HOST.fullmatch(text)
    if not host:
        return False
    try:
        if host["address"] is not None:
            ip_address(host["address"])
    except ValueError:
        return False
    return not host["port"] or 0 < int(host["port"]) <= _LAST_PORT
