"""The pages at /docs: the contents, one for each operation, and what operations share."""

from collections.abc import Mapping
from typing import Any

from rentomatic.requests.parsers import MAX_INTEGER
from rentomatic.wsgi.pages.rendering import render
from rentomatic.wsgi.request import Request

# What operations share, and everything on one page, to print or to search.
TOPICS = ("errors", "headers", "schemas", "all")

Manual = Mapping[str, Any]


def contents_page(request: Request, manual: Manual) -> bytes:
    """Introduce the service and list everything that there is to read."""
    return _page("contents", request, manual, None)


def manual_page(request: Request, manual: Manual, name: str) -> bytes | None:
    """Show an operation, or one of TOPICS; None if there is no page with this name."""
    if name in TOPICS:
        return _page(name, request, manual, name)
    if name in manual["operations"]:
        return _page("operation", request, manual, name)
    return None


def _page(template: str, request: Request, manual: Manual, current: str | None) -> bytes:
    return render(
        f"docs/{template}.html",
        request,
        manual=manual,
        current=current,
        address=request.address,
        max_integer=MAX_INTEGER,
    )
