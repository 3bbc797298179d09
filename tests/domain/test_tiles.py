"""The setting of a server of map tiles."""

import pytest

from rentomatic.domain.tiles import EXAMPLE_TILES, parse_tiles


def test_it_has_an_address_and_an_attribution() -> None:
    """And an origin, which is all that a page may load besides its own."""
    tiles = parse_tiles(EXAMPLE_TILES)
    assert tiles.template == "https://tiles.example.com/{z}/{x}/{y}.png"
    assert tiles.attribution == "© Example Maps"
    assert tiles.origin == "https://tiles.example.com"
    local = parse_tiles("http://127.0.0.1:8088/{z}/{x}/{y}.png?key=a Maps")
    assert local.origin == "http://127.0.0.1:8088"


@pytest.mark.parametrize(
    "text",
    [
        "https://tiles.example.com/{z}/{x}/{y}.png",
        "http://tiles.example.com/{z}/{x}/{y}.png Maps",
        "https://tiles.example.com/{z}/{x}.png Maps",
        "https://{s}.example.com/{z}/{x}/{y}.png Maps",
        "https://user:secret@tiles.example.com/{z}/{x}/{y}.png Maps",
        "https://tiles.example.com;script-src/{z}/{x}/{y}.png Maps",
        "https:///{z}/{x}/{y}.png Maps",
        "Maps",
    ],
)
def test_what_is_not_safe_or_whole_is_refused(text: str) -> None:
    """The error says what it must be."""
    with pytest.raises(ValueError, match=r"the https address of a tile with \{z\}"):
        parse_tiles(text)
