"""Templates become pages."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from rentomatic.resources import PACKAGE
from rentomatic.wsgi.pages.assets import asset_url
from rentomatic.wsgi.pages.choice import LANG, language_of
from rentomatic.wsgi.pages.languages import LANGUAGES, texts_of
from rentomatic.wsgi.query import quoted
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import HTML, Answer, Headers

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = PACKAGE / "wsgi" / "templates"

# What a page may load: the service's own files, and the pictures of rooms from anywhere.
_SOURCES = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self' https:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

# A page also depends on the language, and on who is signed in.
VARY = "Accept, Accept-Language, Cookie"


def page_headers(images: str = "") -> Headers:
    """Return the headers of every page; `images` is another origin from which it loads some."""
    allowed = {**_SOURCES, "img-src": f"{_SOURCES['img-src']} {images}".rstrip()}
    policy = "; ".join(f"{name} {sources}" for name, sources in allowed.items())
    return (
        ("Content-Security-Policy", policy),
        ("X-Frame-Options", "DENY"),
        # Other sites do not learn what was searched for.
        ("Referrer-Policy", "same-origin"),
    )


def as_page(answer: Answer, images: str = "") -> Answer:
    """Return an answer whose body is a page, with what all pages have; see `page_headers`."""
    return replace(
        answer,
        media_type=f"{HTML}; charset=utf-8",
        headers=(*page_headers(images), *answer.headers),
        vary=VARY,
    )


def as_private(answer: Answer) -> Answer:
    """Return an answer for someone who is signed in: no cache may store it."""
    return replace(answer, cache="private, no-store", tag=None, version=None)


def render(template: str, request: Request, **values: object) -> bytes:
    """Render a template.

    Besides `values` it gets `lang`, `t` (the texts), `languages` (links to the same page in other
    languages), `link` (an address within the service, in the chosen language), `asset_url`,
    `signed_in` (the name of the reader's token, or None) and `here` (this page's own address,
    quoted for a query).
    """
    language = language_of(request)
    page = templates().get_template(template)
    text = page.render(
        lang=language,
        t=texts_of(language),
        languages=[
            (code, name, same_page(request, {LANG: code}))
            for code, name in LANGUAGES.items()
            if code != language
        ],
        link=Linker(request).link,
        signed_in=request.signed_in,
        here=quote(address(request.path, request.query.sent.values()), safe=""),
        **values,
    )
    return text.encode()


class Linker:
    """Makes addresses that keep the language, if the visitor chose it by a link."""

    def __init__(self, request: Request) -> None:
        chosen = request.query.values.get(LANG)
        self._pair = f"{LANG}={chosen}" if chosen in LANGUAGES else ""

    def link(self, path: str, query: str = "") -> str:
        """Return the address of a path with a query, which is quoted already."""
        if self._pair:
            # The visitor chose this language last.
            query = "&".join(each for each in query.split("&") if each.partition("=")[0] != LANG)
        return address(path, [query, self._pair])


# Parameters and their quoted values; None for one to leave out.
Changes = Mapping[str, str | None]


def same_page(request: Request, changes: Changes) -> str:
    """Return a reference to the same page with some parameters changed."""
    kept = [pair for name, pair in request.query.sent.items() if name not in changes]
    added = [f"{name}={value}" for name, value in changes.items() if value is not None]
    return address("", [quoted("&".join(kept)), *added]) or "?"


def query_of(values: Mapping[str, str]) -> str:
    """Write a query of the values that are not empty."""
    return "&".join(f"{name}={quote(each, safe='')}" for name, each in values.items() if each)


def address(path: str, queries: Iterable[str]) -> str:
    """Join a path and parts of a query, some of which may be empty."""
    query = "&".join(filter(None, queries))
    return f"{path}?{query}" if query else path


@cache
def templates() -> "Environment":
    """Return the templates."""
    # Most commands make no pages and start faster without Jinja2.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset_url"] = asset_url
    return environment
