"""The server of map tiles that pages may show, if there is one."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

EXAMPLE_TILES = "https://tiles.example.com/{z}/{x}/{y}.png © Example Maps"

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_LOOPBACK = {"localhost", "127.0.0.1"}
_PLACEHOLDERS = ("{z}", "{x}", "{y}")


@dataclass(frozen=True, slots=True)
class Tiles:
    """A server of map tiles.

    Attributes:
        template: the address of a tile with `{z}`, `{x}` and `{y}`, as Leaflet fills them in.
        attribution: whom a map names, as text.
    """

    template: str
    attribution: str

    @property
    def origin(self) -> str:
        """Where tiles are loaded from, as a Content-Security-Policy names it."""
        parts = urlsplit(self.template)
        return f"{parts.scheme}://{parts.netloc}"


def parse_tiles(text: str) -> Tiles:
    """Read an address and an attribution, with a space between them.

    Raises:
        ValueError: with what the text must be.
    """
    template, _, attribution = text.strip().partition(" ")
    tiles = Tiles(template, attribution.strip())
    parts = urlsplit(template)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    is_whole = all(template.count(each) == 1 for each in _PLACEHOLDERS) and tiles.attribution
    if not (is_safe and is_whole and _HOST.fullmatch(parts.netloc) and template.isascii()):
        raise ValueError(
            "the https address of a tile with {z}, {x} and {y}, a space, and an attribution, "
            f"such as {EXAMPLE_TILES}"
        )
    return tiles
