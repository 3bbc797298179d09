r"""How fast `rentomatic import` adds rooms, compared with a bare `\copy`.

The table is empty, or has the rooms that `--existing` asks for; PostgreSQL has its usual settings,
or those of `--set`. All load the same rooms into tables made by the same migrations, with the same
indexes and constraints, on the same embedded server, in turn. What matters is the ratio, as the
machine may be noisy.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
from rooms import fill

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.embedded.cluster import Cluster, embedded_cluster
from rentomatic.formats.table import FORMATS, IMPORT_FORMATS
from rentomatic.formats.view import View
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations

COPYING = "copy"
WAYS = (COPYING, *IMPORT_FORMATS)
# The database that has the rooms that are already there.
EXISTING = "existing"
COPY = r"\copy room ({columns}) from '{file}' csv header"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ops/bench import", description=__doc__)
    parser.add_argument("--rooms", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--existing", type=int, default=0, help="rooms that are already there")
    parser.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="settings of PostgreSQL that need no restart, such as max_wal_size=8GB",
    )
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    given = parser.parse_args()
    # Readable by all: the server may run as another account.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        files = write_files(Path(folder), given.rooms)
        with embedded_cluster(Path(folder) / "data") as cluster:
            configure(cluster, given.set)
            if given.existing:
                fill(cluster.database_named(EXISTING), given.existing)
            ways = {way: files["csv" if way == COPYING else way] for way in given.ways}
            measure(cluster, ways, given.rooms, given.rounds, existing=given.existing)


def made_up_rooms(amount: int) -> Iterator[Room]:
    """Generate rooms, the same each time; none has a code of the existing ones."""
    generator = random.Random(2)
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
    with file.open(encoding="utf-8") as lines:
        columns = lines.readline().strip()
    psql = [str(cluster.binaries / "psql"), "-q", "-X", "-v", "ON_ERROR_STOP=1", database.url]
    return [*psql, "-c", COPY.format(columns=columns, file=file), "-c", "analyze room"]


def configure(cluster: Cluster, settings: Sequence[str]) -> None:
    """Change settings of the server."""
    with psycopg.connect(cluster.database.maintenance_url, autocommit=True) as connection:
        for name, _, value in (setting.partition("=") for setting in settings):
            connection.execute(f"alter system set {name} = '{value}'".encode())
        connection.execute("select pg_reload_conf()")


def measure(
    cluster: Cluster, ways: Mapping[str, Path], rooms: int, rounds: int, *, existing: int
) -> None:
    """Load a file in each way in turn, into new databases, and print the results."""
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    peaks: dict[str, int] = {}
    for number in range(rounds):
        for way, times in seconds.items():
            database = cluster.database_named(f"{way}_{number}")
            prepare(database, cluster.database_named(EXISTING) if existing else None)
            run = (
                copy_command(cluster, database, ways[way])
                if way == COPYING
                else [sys.executable, "-m", "rentomatic", "import", str(ways[way])]
            )
            start = time.perf_counter()
            peaks[way] = peak_of(run, database)
            times.append(time.perf_counter() - start)
            drop_database(database)
    there = f"beside {existing:,} others" if existing else "into an empty table"
    print(f"{rooms:,} rooms {there}, with all indexes, {rounds} rounds in turn")
    for way, times in seconds.items():
        median = statistics.median(times)
        ratios = [copy / ours for copy, ours in zip(seconds[COPYING], times, strict=True)]
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


def prepare(database: PostgresDatabase, existing: PostgresDatabase | None = None) -> None:
    """Create a database with an empty table of rooms, or a copy of an existing one."""
    if existing is None:
        create_database(database)
        apply_migrations(database.url)
        return
    with psycopg.connect(database.maintenance_url, autocommit=True) as connection:
        copy = f"create database {database.name} template {existing.name} strategy file_copy"
        connection.execute(copy.encode())


def drop_database(database: PostgresDatabase) -> None:
    """Drop a database, whose space the next one needs."""
    with psycopg.connect(database.maintenance_url, autocommit=True) as connection:
        connection.execute(f"drop database {database.name}".encode())


if __name__ == "__main__":
    main()
