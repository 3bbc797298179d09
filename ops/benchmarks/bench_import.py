r"""How fast `rentomatic import` fills an empty table, beside a bare `\copy` of the same file.

Both go into tables made by the same migrations, so with the same indexes and constraints, on the
same embedded server, in turn. The ratio is what counts: the machine may be noisy.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster, embedded_cluster
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations

COPY = r"\copy room (code, size, price, longitude, latitude) from '{file}' csv header"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ops/bench import", description=__doc__)
    parser.add_argument("--rooms", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    # Not in a private folder of root's: the server may have to run as another account.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rooms.csv"
        write_rooms(file, given.rooms)
        Path(folder).chmod(0o755)
        with embedded_cluster(Path(folder) / "data") as cluster:
            measure(cluster, file, given.rooms, given.rounds)


def write_rooms(file: Path, amount: int) -> None:
    """Write a file of made-up rooms, the same each time."""
    generator = random.Random(1)
    with file.open("w") as lines:
        lines.write("code,size,price,longitude,latitude\n")
        for _ in range(amount):
            code = uuid.UUID(int=generator.getrandbits(128), version=4)
            size, price = generator.randint(8, 300), generator.randint(10, 5000)
            longitude, latitude = generator.uniform(-180, 180), generator.uniform(-90, 90)
            lines.write(f"{code},{size},{price},{longitude:.6f},{latitude:.6f}\n")


def measure(cluster: Cluster, file: Path, rooms: int, rounds: int) -> None:
    """Fill fresh databases both ways, in turn."""
    psql = [str(cluster.binaries / "psql"), "-q", "-X", "-v", "ON_ERROR_STOP=1"]
    command = [sys.executable, "-m", "rentomatic", "import", str(file)]
    seconds: dict[str, list[float]] = {"copy": [], "import": []}
    for number in range(rounds):
        for way, times in seconds.items():
            database = cluster.database_named(f"{way}_{number}")
            prepare(database)
            run = (
                [*psql, database.url, "-c", COPY.format(file=file), "-c", "analyze room"]
                if way == "copy"
                else command
            )
            start = time.perf_counter()
            subprocess.run(
                run, check=True, env=os.environ | {"DATABASE_URL": database.url}, stdout=2
            )
            times.append(time.perf_counter() - start)
    print(f"{rooms} rooms into an empty table with all its indexes, {rounds} rounds in turn")
    for way, times in seconds.items():
        median = statistics.median(times)
        print(f"{way:>8}: {median:6.1f} s, {rooms / median:9,.0f} rooms/s  (all: {times})")
    ratios = [copy / ours for copy, ours in zip(*seconds.values(), strict=True)]
    print(f"import reaches {statistics.median(ratios):.2f} of the rate of \\copy")


def prepare(database: PostgresDatabase) -> None:
    """Make an empty database with the table."""
    create_database(database)
    apply_migrations(database.url)


if __name__ == "__main__":
    main()
