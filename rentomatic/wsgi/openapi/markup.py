"""HTML, in which every text is escaped."""

from html import escape

from rentomatic.wsgi.openapi.style import STYLE


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str) -> Markup:
    """Write an element; children that are no Markup are escaped, as all attributes are.

    Underscores in the names of attributes stand for hyphens; `class_` is Python's way out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    return Markup(f"<{name}{given}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Put texts and elements one behind the other."""
    return Markup("".join(each if isinstance(each, Markup) else escape(each) for each in children))


def inline(text: str) -> Markup:
    """Write text in which backticks enclose code."""
    parts = text.split("`")
    return join(*(element("code", part) if n % 2 else part for n, part in enumerate(parts)))


def paragraphs(text: str) -> Markup:
    """Write paragraphs, which empty lines part."""
    return join(*(element("p", inline(part)) for part in text.strip().split("\n\n")))


def table(caption: str, heads: tuple[str, ...], *rows: Markup) -> Markup:
    """Write a table that scrolls where it is wider than the page."""
    head = element("tr", *(element("th", each, scope="col") for each in heads))
    whole = element("table", element("thead", head), element("tbody", *rows))
    return element("div", whole, class_="wide", tabindex="0", role="region", aria_label=caption)


def row(first: str, *others: str, id_: str = "") -> Markup:
    """Write a row; what it is about stands first."""
    anchor = {"id": id_} if id_ else {}
    head = element("th", first, scope="row")
    return element("tr", head, *(element("td", each) for each in others), **anchor)


def page(title: str, *body: str) -> bytes:
    """Write a whole page."""
    head = (
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"{element('title', title)}<style>{STYLE}</style>"
    )
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>{element("body", *body)}</html>\n'
    ).encode()
