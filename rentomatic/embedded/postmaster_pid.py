"""The file in which a PostgreSQL server records its process id."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def remove_foreign_pid(data: Path) -> None:
    """Remove a postmaster.pid whose process id belongs to another program, as after a crash.

    PostgreSQL would take that program for its server. Every process of a server has the data
    folder as its working directory; without /proc, nothing is removed.
    """
    pid = data / "postmaster.pid"
    with suppress(OSError, ValueError, IndexError):
        number = int(pid.read_text().splitlines()[0])
        place = Path(f"/proc/{number}/cwd").readlink()
        if place != data and data not in _working_folders():
            pid.unlink()


def _working_folders() -> Iterator[Path]:
    """Yield the working directories of the processes that we may inspect."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield (process / "cwd").readlink()
