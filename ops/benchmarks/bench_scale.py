"""How much searches slow down when there are a thousand times as many rooms.

Runs the same searches on 1,000 to 1,000,000 rooms, and pgbench with the same statements. What
matters are the ratios to the fewest rooms.
"""

import argparse
from contextlib import ExitStack, closing

from rooms import fill
from searches import QUICK
from servers import Database, Server, gunicorn, read_search, table, temporary_cluster
from wrk import NEW_EACH_TIME, wrk

from rentomatic.repository.connections import Connections

SEARCHES = ("sort price", "rare price", "box 2 km", "nearest", "within 2 km, sort price")


def main() -> None:
    """Measure and print; all sizes in turn for each search, as the machine's speed may change."""
    parser = argparse.ArgumentParser(prog="ops/bench scale", description=__doc__)
    parser.add_argument("--rooms", type=int, nargs="+", default=[10**n for n in (3, 4, 5, 6)])
    parser.add_argument("--seconds", type=int, default=3, help="for each search and each tool")
    given = parser.parse_args()
    with ExitStack() as stack:
        cluster = stack.enter_context(temporary_cluster())
        measured: list[tuple[Database, Server]] = []
        for amount in given.rooms:
            database = cluster.database_named(f"rooms_{amount}")
            fill(database, amount)
            connections = stack.enter_context(closing(Connections(database.url)))
            server = stack.enter_context(gunicorn(database))
            measured.append((Database(database, cluster, connections), server))
        header = ["search", *(f"{amount:,} rooms" for amount in given.rooms), "last to first"]
        print("requests/s (pgbench/s)\n")
        print(table(header, [_row(name, measured, given.seconds) for name in SEARCHES]))


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


if __name__ == "__main__":
    main()
