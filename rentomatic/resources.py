"""Finding the package's files that are not Python modules."""

from hashlib import blake2b
from pathlib import Path

from platformdirs import user_data_path

from rentomatic import __version__

PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """Find the folder `sql`, `migrations` or `ops`.

    In an installed wheel it is inside the package, in a checkout beside it.
    """
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def release() -> str:
    """Identify the running code by a digest of its files: a deploy may not change the version."""
    pages = [PACKAGE / "wsgi" / name for name in ("assets", "templates", "texts")]
    files = sorted(
        [
            *PACKAGE.rglob("*.py"),
            *shipped("sql").rglob("*.sql"),
            *(file for folder in pages for file in folder.rglob("*") if file.is_file()),
        ],
        key=lambda file: file.as_posix(),
    )
    digest = blake2b(digest_size=16)
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def default_data() -> Path:
    """Return the default data folder of the embedded server.

    That is `.data` in a checkout, and the user's data folder for an installed wheel. It does not
    depend on the working directory.
    """
    root = PACKAGE.parent
    if (root / "setup.cfg").is_file():
        return root / ".data"
    return user_data_path("rentomatic", appauthor=False)


def how_to_install(extra: str) -> str:
    """Return how to install an extra of this package, which is not published in an index."""
    wheel = f"./rentomatic-{__version__}-py3-none-any.whl"
    return f"pip install '.[{extra}]' in a checkout, or '{wheel}[{extra}]'"
