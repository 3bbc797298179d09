"""How fast the service exports all rooms in each format, compared with a bare COPY ... TO STDOUT.

Prints rooms per second, the ratio to COPY in the same round, and the peak memory of the largest
worker, which must not grow with the number of rooms.
"""

import argparse
import os
import statistics
import subprocess
import time
from collections.abc import Callable

from rooms import fill
from servers import Server, gunicorn, table, temporary_cluster

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster
from rentomatic.formats.table import FORMATS
from rentomatic.repository.database import psql_arguments

COPY = "copy (select code, size, price, latitude, longitude from room order by id) to stdout"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ops/bench export", description=__doc__)
    parser.add_argument("--rooms", type=int, nargs="+", default=[1_000_000, 2_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with temporary_cluster() as cluster:
        for amount in given.rooms:
            database = cluster.database_named(f"rooms_{amount}")
            fill(database, amount)
            print(f"\n{amount:,} rooms, median of {given.rounds} rounds in turn\n")
            print(measure(cluster, database, amount, given.rounds))


def measure(cluster: Cluster, database: PostgresDatabase, amount: int, rounds: int) -> str:
    """Export in each way in turn; return a table."""
    psql, password = psql_arguments(database)
    copy = [str(cluster.binaries / "psql"), "-X", "-c", COPY, *psql]
    seconds: dict[str, list[float]] = {name: [] for name in ("COPY", *FORMATS)}
    with gunicorn(database) as server:
        for _ in range(rounds):
            seconds["COPY"].append(_timed(lambda: _run(copy, password)))
            for name in FORMATS:
                seconds[name].append(_timed(_export(server, name)))
        memory = f"{server.peak_megabytes():.0f} MB"
    rows = []
    for name, taken in seconds.items():
        ratio = statistics.median(
            copied / ours for copied, ours in zip(seconds["COPY"], taken, strict=True)
        )
        peak = "" if name == "COPY" else memory
        rows.append([name, f"{amount / statistics.median(taken):,.0f}", f"{ratio:.2f}", peak])
    return table(("format", "rooms/s", "ratio to COPY", "peak of a worker"), rows)


def _export(server: Server, name: str) -> Callable[[], None]:
    url = f"{server.url}/rooms?limit=none&format={name}"
    return lambda: _run(["curl", "--silent", "--fail", url], {})


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | environment)


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
