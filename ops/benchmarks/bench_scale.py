"""How much searches slow down when there are a thousand times as many rooms.

Runs the same searches on 1,000 to 1,000,000 rooms, and pgbench with the same statements. What
matters are the ratios to the fewest rooms. Then prints, for the most rooms, how long each kind of
search, summary, map and count takes through the repository, without the service, and what the
rooms take on disk.

Ten million rooms (`--rooms 10000000`) take 6 GB, and 9 minutes to load on two busy processors.
`--data` keeps the server's data in a folder; rooms that are already there are not loaded again.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import psycopg
from rooms import fill, sizes
from searches import QUICK, SELECTIONS, THOROUGH
from servers import (
    Database,
    Server,
    arguments_of,
    gunicorn,
    milliseconds_of,
    read_search,
    table,
    temporary_cluster,
)
from wrk import NEW_EACH_TIME, wrk

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster, embedded_cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryTimeoutError
from rentomatic.repository.results import Mapped, Page, Summarized
from rentomatic.requests.room_map import build_room_map_request
from rentomatic.requests.room_summary import build_room_summary_request

SEARCHES = ("sort price", "rare price", "box 2 km", "nearest", "within 2 km, sort price")
# What a room without texts takes while it is loaded, with its indexes and the log.
BYTES_PER_ROOM = 1_200
TIMES = 40


def main() -> None:
    """Measure and print; all sizes in turn for each search, as the machine's speed may change."""
    parser = argparse.ArgumentParser(prog="ops/bench scale", description=__doc__)
    parser.add_argument("--rooms", type=int, nargs="+", default=[10**n for n in (3, 4, 5, 6)])
    parser.add_argument("--seconds", type=int, default=3, help="for each search and each tool")
    parser.add_argument("--data", type=Path, help="keep the server's data in this folder")
    given = parser.parse_args()
    with ExitStack() as stack:
        cluster = stack.enter_context(_cluster(given.data, sum(given.rooms)))
        measured: list[tuple[Database, Server]] = []
        for amount in given.rooms:
            database = cluster.database_named(f"rooms_{amount}")
            _fill(database, amount)
            connections = stack.enter_context(closing(Connections(database.url)))
            server = stack.enter_context(gunicorn(database))
            measured.append((Database(database, cluster, connections), server))
        header = ["search", *(f"{amount:,} rooms" for amount in given.rooms), "last to first"]
        print("requests/s (pgbench/s)\n")
        print(table(header, [_row(name, measured, given.seconds) for name in SEARCHES]))
        most, _ = measured[-1]
        print(f"\nWith {given.rooms[-1]:,} rooms, through the repository:\n")
        print(table(("search", "p50 ms", "p95 ms", "rooms"), list(_latencies(most))))
        print(f"\n{sizes(most.database)}")


@contextmanager
def _cluster(data: Path | None, rooms: int) -> Iterator[Cluster]:
    """Run a server in a folder that is kept, or in a temporary one; it needs enough free disk."""
    folder = data or Path(tempfile.gettempdir())
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    # What is already there needs no more.
    if not data and free < rooms * BYTES_PER_ROOM:
        needed = rooms * BYTES_PER_ROOM / 1e9
        sys.exit(f"{folder} has {free / 1e9:.1f} GB free; {rooms:,} rooms need {needed:.1f} GB")
    with embedded_cluster(data) if data else temporary_cluster() as cluster:
        yield cluster


def _fill(database: PostgresDatabase, amount: int) -> None:
    """Load rooms, unless they are there; a load that was interrupted is made again."""
    with psycopg.connect(database.maintenance_url, autocommit=True) as connection:
        found = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = %s",
            [database.name],
        ).fetchone()
        if found == ("loaded",):
            return
        connection.execute(f'drop database if exists "{database.name}"'.encode())
        fill(database, amount)
        connection.execute(f"comment on database \"{database.name}\" is 'loaded'".encode())


def _row(name: str, measured: list[tuple[Database, Server]], seconds: int) -> list[str]:
    request = read_search(QUICK[name])
    rates = []
    cells = []
    for database, server in measured:
        limit = database.pgbench(request, seconds)
        rates.append(
            wrk(f"{server.url}/rooms?{QUICK[name]}&limit=20", seconds, script=NEW_EACH_TIME).rate
        )
        cells.append(f"{rates[-1]:,.0f} ({limit:,.0f})")
    return [name, *cells, f"{rates[-1] / rates[0]:.2f}"]


def _latencies(database: Database) -> Iterator[Sequence[str]]:
    repository = database.repository
    for name, query in (QUICK | THOROUGH).items():
        yield _latency(name, partial(repository.search, read_search(query)))
    for name, query in SELECTIONS.items():
        filters, given = arguments_of(query)
        summary = build_room_summary_request(filters, **given)
        grid = build_room_map_request(filters, **given)
        assert summary
        assert grid
        yield _latency(f"summary, {name}", partial(repository.summarize, summary))
        yield _latency(f"map, {name}", partial(repository.map_rooms, grid))


def _latency(name: str, act: Callable[[], Page | Summarized | Mapped]) -> list[str]:
    print(f"measuring {name}", file=sys.stderr, flush=True)
    try:
        act()
        taken = milliseconds_of(act, TIMES)
        count = _count(act())
    except RepositoryTimeoutError:
        return [name, "", "", "refused"]
    return [name, f"{taken[TIMES // 2]:.1f}", f"{taken[TIMES * 19 // 20]:.1f}", count]


def _count(found: Page | Summarized | Mapped) -> str:
    """Return how many rooms were counted or estimated; not all pages say so."""
    if isinstance(found, Page):
        total = found.total
        return _spelt(total.count, is_exact=total.is_exact) if total else ""
    if isinstance(found, Summarized):
        return _spelt(found.summary.count, is_exact=found.is_exact)
    return _spelt(sum(cell.count for cell in found.cells), is_exact=found.is_exact)


def _spelt(count: int, *, is_exact: bool) -> str:
    return f"{count:,}" if is_exact else f"about {count:,}"


if __name__ == "__main__":
    main()
