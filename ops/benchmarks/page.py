"""How many bytes a browser loads for a page of rooms, without pictures of rooms."""

import gzip
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin
from urllib.request import Request, urlopen

HEADER = ("loaded", "files", "bytes", "gzipped")

# What a page names in its head, and scripts.
_LOADED = re.compile(r'<(?:link|script)\b[^>]* (?:href|src)="(/assets/[^"]+)"')
_NEXT = re.compile(r'<a\b[^>]*href="([^"]+)"[^>]*rel="next"')


def weigh(url: str) -> list[list[str]]:
    """Return rows for HEADER: the first load of a search, and its next page."""
    first = _read(url)
    text = first.decode()
    files = {_read(urljoin(url, path)) for path in _LOADED.findall(text)}
    rows = [_row("first page", [first, *files])]
    if found := _NEXT.search(text):
        rows.append(_row("next page", [_read(urljoin(url, unescape(found[1])))]))
    return rows


def _row(name: str, bodies: list[bytes]) -> list[str]:
    return [name, str(len(bodies)), *_sums(bodies)]


def _sums(bodies: list[bytes]) -> Iterator[str]:
    yield f"{sum(map(len, bodies)):,}"
    # As nginx does by default.
    yield f"{sum(len(gzip.compress(each, 1)) for each in bodies):,}"


def _read(url: str) -> bytes:
    with urlopen(Request(url, headers={"Accept": "text/html, */*;q=0.8"})) as answer:  # noqa: S310 - our own server
        body: bytes = answer.read()
        return body
