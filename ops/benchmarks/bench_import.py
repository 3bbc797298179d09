r"""How fast `rentomatic import` fills an empty table, compared with a bare `\copy`.

All load the same rooms into tables made by the same migrations, with the same indexes and
constraints, on the same embedded server, in turn. What matters is the ratio, as the machine may be
noisy.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.embedded.cluster import Cluster, embedded_cluster
from rentomatic.formats.table import FORMATS, IMPORT_FORMATS
from rentomatic.formats.view import View
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations

# The columns in the order of `rentomatic list`.
COPY = r"\copy room (code, size, price, latitude, longitude) from '{file}' csv header"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ops/bench import", description=__doc__)
    parser.add_argument("--rooms", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    # Readable by all: the server may run as another account.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        files = write_files(Path(folder), given.rooms)
        with embedded_cluster(Path(folder) / "data") as cluster:
            measure(cluster, files, given.rooms, given.rounds)


def made_up_rooms(amount: int) -> Iterator[Room]:
    """Generate rooms, the same each time."""
    generator = random.Random(1)
    for _ in range(amount):
        code = uuid.UUID(int=generator.getrandbits(128), version=4)
        size, price = generator.randint(8, 300), generator.randint(10, 5000)
        longitude, latitude = generator.uniform(-180, 180), generator.uniform(-90, 90)
        yield Room(code, size, price, round(longitude, 6), round(latitude, 6))


def write_files(folder: Path, rooms: int) -> dict[str, Path]:
    """Write the same rooms in each format."""
    files = {name: folder / f"rooms.{name}" for name in IMPORT_FORMATS}
    for name, file in files.items():
        with file.open("wb") as pieces:
            pieces.writelines(FORMATS[name].stream_rooms(made_up_rooms(rooms), View()))
    return files


def copy_command(cluster: Cluster, database: PostgresDatabase, file: Path) -> list[str]:
    """Return the command that copies a file into a table and analyzes it, as an import does."""
    psql = [str(cluster.binaries / "psql"), "-q", "-X", "-v", "ON_ERROR_STOP=1", database.url]
    return [*psql, "-c", COPY.format(file=file), "-c", "analyze room"]


def measure(cluster: Cluster, files: Mapping[str, Path], rooms: int, rounds: int) -> None:
    """Fill new databases in each way in turn, and print the results."""
    seconds: dict[str, list[float]] = {way: [] for way in ("copy", *files)}
    peaks: dict[str, int] = {}
    for number in range(rounds):
        for way, times in seconds.items():
            database = cluster.database_named(f"{way}_{number}")
            prepare(database)
            run = (
                copy_command(cluster, database, files["csv"])
                if way == "copy"
                else [sys.executable, "-m", "rentomatic", "import", str(files[way])]
            )
            start = time.perf_counter()
            peaks[way] = peak_of(run, database)
            times.append(time.perf_counter() - start)
    print(f"{rooms} rooms into an empty table with all its indexes, {rounds} rounds in turn")
    for way, times in seconds.items():
        median = statistics.median(times)
        ratios = [copy / ours for copy, ours in zip(seconds["copy"], times, strict=True)]
        print(
            f"{way:>8}: {median:6.1f} s, {rooms / median:9,.0f} rooms/s, "
            f"{statistics.median(ratios):.2f} of \\copy, peak {peaks[way] / 1024:.0f} MB "
            f"(all: {', '.join(f'{each:.1f}' for each in times)})"
        )


def peak_of(command: list[str], database: PostgresDatabase) -> int:
    """Run a command on a database; return its peak memory in KiB.

    Linux includes this process's own memory, about 43 MB, in that of its child.
    """
    environment = os.environ | {"DATABASE_URL": database.url}
    process = os.posix_spawnp(
        command[0], command, environment, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)]
    )
    _, status, usage = os.wait4(process, 0)
    if status:
        sys.exit(f"{command[0]} failed")
    return usage.ru_maxrss


def prepare(database: PostgresDatabase) -> None:
    """Create a database with an empty table of rooms."""
    create_database(database)
    apply_migrations(database.url)


if __name__ == "__main__":
    main()
