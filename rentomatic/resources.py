"""Where the files that are no Python modules stand."""

from hashlib import blake2b
from pathlib import Path

from platformdirs import user_data_path

from rentomatic import __version__

PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """Find the folder `sql`, `migrations` or `ops`.

    An installed wheel carries them inside the package, a checkout beside it.
    """
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def release() -> str:
    """Name the code that runs, by what its files say: a deploy may change them and no version."""
    files = sorted(
        [*PACKAGE.rglob("*.py"), *shipped("sql").rglob("*.sql")], key=lambda file: file.as_posix()
    )
    digest = blake2b(digest_size=16)
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def default_data() -> Path:
    """Find where the embedded server keeps its data.

    In `.data` of a checkout; for an installed wheel in the user's data folder, whatever folder
    the command is run in.
    """
    root = PACKAGE.parent
    if (root / "setup.cfg").is_file():
        return root / ".data"
    return user_data_path("rentomatic", appauthor=False)


def how_to_install(extra: str) -> str:
    """Say how to install an extra of this package, which is in no index."""
    wheel = f"./rentomatic-{__version__}-py3-none-any.whl"
    return f"pip install '.[{extra}]' in a checkout, or '{wheel}[{extra}]'"
