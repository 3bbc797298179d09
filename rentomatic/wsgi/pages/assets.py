"""The files that pages load, and the pictures of demo rooms."""

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from rentomatic.domain.kinds import ASSETS, PICTURES
from rentomatic.resources import PACKAGE

_FOLDER = PACKAGE / "wsgi" / "assets"
_DIGEST_BYTES = 8

SVG = "image/svg+xml"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": SVG,
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file.

    Attributes:
        name: its name, with a digest if the content under this name never changes.
        is_fixed: whether the name has a digest.
    """

    name: str
    body: bytes
    media_type: str
    is_fixed: bool


@cache
def assets() -> dict[str, Asset]:
    """Return all files, by the names under which they can be read."""
    files = sorted(each for each in _FOLDER.iterdir() if each.suffix in _MEDIA_TYPES)
    plain = [_asset(_FOLDER / name, name, is_fixed=False) for name in PICTURES]
    fixed = [_asset(each, _fixed_name(each), is_fixed=True) for each in files]
    return {each.name: each for each in (*plain, *fixed)}


@cache
def asset_url(name: str) -> str:
    """Return the address of a file, which changes with its content."""
    return f"{ASSETS}{_fixed_name(_FOLDER / name)}"


def _asset(file: Path, name: str, *, is_fixed: bool) -> Asset:
    return Asset(name, file.read_bytes(), _MEDIA_TYPES[file.suffix], is_fixed)


def _fixed_name(file: Path) -> str:
    digest = blake2b(file.read_bytes(), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{file.stem}.{digest}{file.suffix}"
