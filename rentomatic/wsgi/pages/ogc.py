"""A document of OGC API Features, as a page."""

from collections.abc import Mapping, Sequence

from rentomatic.wsgi.pages.rendering import render
from rentomatic.wsgi.request import Request

# To this representation.
_LEFT_OUT = {"self", "alternate"}


def ogc_page(request: Request, address: str, links: Sequence[Mapping[str, str]]) -> bytes:
    """Say which address opens the layer in a GIS, and list the links of a document."""
    others = [each for each in links if each["rel"] not in _LEFT_OUT]
    return render("ogc.html", request, address=address, links=others)
