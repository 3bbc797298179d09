"""The file in which a PostgreSQL server leaves the number of its process."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def forget_stranger(data: Path) -> None:
    """Remove a postmaster.pid whose number another program has now, as after a crash it may.

    PostgreSQL takes that program for its server. Every process of a server stands in its data
    folder; where /proc does not tell, nothing is removed.
    """
    pid = data / "postmaster.pid"
    with suppress(OSError, ValueError, IndexError):
        number = int(pid.read_text().splitlines()[0])
        place = Path(f"/proc/{number}/cwd").readlink()
        if place != data and data not in _working_folders():
            pid.unlink()


def _working_folders() -> Iterator[Path]:
    """Give the working folders of the processes that we may look at."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield (process / "cwd").readlink()
