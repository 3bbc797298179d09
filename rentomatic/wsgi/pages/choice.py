"""Whether a request wants a page, and in which language."""

from functools import lru_cache

from rentomatic.formats.table import FORMATS
from rentomatic.wsgi.negotiation import prefers_html, read_weights
from rentomatic.wsgi.pages.languages import LANGUAGES
from rentomatic.wsgi.query import FORMAT
from rentomatic.wsgi.request import Request

# A page's name as a format, beside those of FORMATS.
PAGE = "html"
LANG = "lang"


def wants_page(request: Request) -> bool:
    """Return whether a request asks for a page: by its format, else by `Accept`."""
    named = request.query.values.get(FORMAT)
    if named == PAGE or named in FORMATS:
        return named == PAGE
    return prefers_html(request.accept)


def language_of(request: Request) -> str:
    """Return the language of a page: the parameter `lang`, else the one that the client prefers."""
    named = request.query.values.get(LANG)
    return named if named in LANGUAGES else preferred_language(request.accept_language)


@lru_cache(maxsize=256)
def preferred_language(accepted: str) -> str:
    """Return the language that `Accept-Language` prefers (RFC 9110, section 12.5.4).

    `ja-JP` means `ja`. Between equals, the first is chosen.
    """
    default = next(iter(LANGUAGES))
    weights = read_weights(accepted)
    for tag in sorted(weights, key=lambda each: -weights[each]):
        language = default if tag == "*" else tag.partition("-")[0]
        if weights[tag] and language in LANGUAGES:
            return language
    return default
