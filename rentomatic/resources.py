"""Where the files that are no Python modules stand."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """Find the folder `sql`, `migrations` or `ops`.

    An installed wheel carries them inside the package, a checkout beside it.
    """
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def default_data() -> Path:
    """Find where the embedded server keeps its data: in the checkout, else in this folder."""
    root = PACKAGE.parent
    return (root if (root / "setup.cfg").is_file() else Path.cwd()) / ".data"
