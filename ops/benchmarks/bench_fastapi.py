"""How a page of 20 rooms by price compares with FastAPI on asyncpg, under uvicorn.

Both use the same database, in turn, with keep-alive. FastAPI's answers have no entity tag, no link
to the next page and no validation beyond the parameters' types. What matters is the ratio.
"""

import argparse
import statistics
from contextlib import closing

from rooms import fill
from servers import Database, gunicorn, read_search, table, temporary_cluster, uvicorn, wrk

from rentomatic.repository.connections import Connections

QUERY = "filter_price__gte=500&sort=price"
PLAIN = "filter_price__gte=500&limit=20"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ops/bench fastapi", description=__doc__)
    parser.add_argument("--rooms", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3)
    given = parser.parse_args()
    with temporary_cluster() as cluster:
        database = cluster.database_named("rooms")
        fill(database, given.rooms)
        rates: dict[str, list[float]] = {"pgbench": [], "Rent-o-Matic": [], "FastAPI": []}
        with (
            gunicorn(database) as ours,
            uvicorn(database, cluster) as theirs,
            closing(Connections(database.url)) as connections,
        ):
            measured = Database(database, cluster, connections)
            for _ in range(given.rounds):
                limit = measured.pgbench(read_search(QUERY), given.seconds)
                rates["pgbench"].append(limit)
                url = f"{ours.url}/rooms?{QUERY}&limit=20"
                rates["Rent-o-Matic"].append(wrk(url, given.seconds).rate)
                rates["FastAPI"].append(wrk(f"{theirs.url}/rooms?{PLAIN}", given.seconds).rate)
        rows = [
            [name, f"{statistics.median(all_):,.0f}", f"{min(all_):,.0f}", f"{max(all_):,.0f}"]
            for name, all_ in rates.items()
        ]
        print(table(("20 rooms by price", "requests/s", "least", "most"), rows))
        pairs = zip(rates["Rent-o-Matic"], rates["FastAPI"], strict=True)
        print(
            f"\nratio to FastAPI: {statistics.median(ours / theirs for ours, theirs in pairs):.2f}"
        )


if __name__ == "__main__":
    main()
