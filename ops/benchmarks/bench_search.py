"""How fast each kind of search is at a million rooms, compared with PostgreSQL alone.

Prints a table: how long the database takes (one client, median), pgbench's rate with the same
statement (8 clients, prepared: the limit), the service's rate (wrk, 16 connections), and the ratio
of the two, which is what matters, as the machine may be noisy. Searches that read many rooms are
run by one client at a time, as the service refuses more of them than there are processors to spare.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from urllib.request import urlopen

import page
from processor import measure
from rooms import fill, sizes
from searches import EXCLUSIVE, LAYER, NEAR, QUICK, THOROUGH, WORDS
from servers import CLIENTS, PAGE, Database, Server, gunicorn, read_search, table, temporary_cluster
from wrk import CONNECTIONS, NEW_EACH_TIME, NEW_PAGE_EACH_TIME, Load, wrk

from rentomatic.repository.connections import Connections
from rentomatic.requests.room_cursor import write_cursor

AS_JSON = "20 rooms by price"
AS_PAGE = "the same, as a page for people"

HEADER = ("search", "database ms", "pgbench/s", "requests/s", "p50 ms", "p99 ms", "ratio")

OTHER_HEADER = (
    *("answer", "requests/s", "p50 ms", "p99 ms"),
    *("server µs", "PostgreSQL µs", "sum to a page"),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ops/bench search", description=__doc__)
    parser.add_argument("--rooms", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=3, help="for each search and each tool")
    parser.add_argument("--described", action="store_true", help="rooms with titles, texts, cities")
    given = parser.parse_args()
    with temporary_cluster() as cluster:
        database = cluster.database_named("rooms")
        fill(database, given.rooms, are_described=given.described)
        with closing(Connections(database.url)) as connections, gunicorn(database) as server:
            bench = Bench(Database(database, cluster, connections), server, given.seconds)
            print(
                f"{given.rooms:,} rooms, {os.cpu_count()} cores, {len(server.workers())} workers\n"
            )
            print(f"{sizes(database)}\n")
            print("Searches that should take at most 5 ms, without reading the whole table:\n")
            print(bench.searches(QUICK | bench.pages(10_000, ["price", "-size", "price,-size"])))
            print("\nSearches that read many rooms, one at a time:\n")
            print(bench.searches(THOROUGH | bench.pages(10_000, ["distance"]), 1))
            if given.described:
                print("\nSearches for words:\n")
                print(bench.words())
            print("\nThe layer of GIS clients, one request at a time:\n")
            print(bench.layer())
            print("\nOther requests:\n")
            print(bench.others())
            print("\nWhat a browser loads for 20 rooms, without their pictures:\n")
            print(table(page.HEADER, page.weigh(f"{server.url}/rooms?sort=price&limit=20")))


class Bench:
    """Measures searches of a service and its database."""

    def __init__(self, database: Database, server: Server, seconds: int) -> None:
        self._database = database
        self._server = server
        self._seconds = seconds

    def searches(self, queries: Mapping[str, str], connections: int = CONNECTIONS) -> str:
        """Measure each search with all tools."""
        rows = [self._measure(name, query, connections) for name, query in queries.items()]
        return table(HEADER, rows)

    def pages(self, number: int, sorts: Sequence[str]) -> dict[str, str]:
        """Return the query of a page with this number, for each order."""
        queries = {}
        for sort in sorts:
            query = f"sort={sort}&{NEAR}" if sort == "distance" else f"sort={sort}"
            request = replace(read_search(query), limit=1, after=None)
            last = self._database.position(request, (number - 1) * PAGE)
            cursor = write_cursor(request, request.order, last)
            queries[f"page {number:,}, sort {sort}"] = f"{query}&after={cursor}"
        return queries

    def words(self) -> str:
        """Measure searches for words through the repository; each runs several statements."""
        rows = []
        for name, query in (WORDS | EXCLUSIVE).items():
            times = 10 if name in EXCLUSIVE else 100
            taken = self._database.milliseconds(read_search(query), times)
            middle, last = taken[times // 2], taken[times * 19 // 20]
            rows.append([name, f"{middle:.1f}", f"{last:.1f}"])
        return table(("search", "p50 ms", "p95 ms"), rows)

    def _measure(self, name: str, query: str, connections: int) -> list[str]:
        request = read_search(query)
        taken = self._database.milliseconds(request)
        reads_all = " (reads the table)" if "Seq Scan" in self._database.plan(request) else ""
        clients = min(connections, CLIENTS)
        limit = self._database.pgbench(request, self._seconds, clients)
        joined = f"{query}&" if query else ""
        url = f"{self._server.url}/rooms?{joined}limit=20"
        load = wrk(
            url, self._seconds, script=NEW_EACH_TIME, connections=connections, may_refuse=True
        )
        return [
            f"{name}{reads_all}{_refusals(load)}",
            f"{taken[len(taken) // 2]:.2f}",
            f"{limit:,.0f}",
            f"{load.rate:,.0f}",
            f"{load.median:.1f}",
            f"{load.p99:.1f}",
            f"{load.rate / limit:.2f}",
        ]

    def layer(self) -> str:
        """Measure pages of the layer, each made anew."""
        rows = []
        for name, query in LAYER.items():
            url = f"{self._server.url}/ogc/collections/rooms/items?{query}"
            load = wrk(url, self._seconds, script=NEW_EACH_TIME, connections=1)
            rows.append([name, f"{load.rate:,.1f}", f"{load.median:.1f}", f"{load.p99:.1f}"])
        return table(("page", "requests/s", "p50 ms", "p99 ms"), rows)

    def others(self) -> str:
        """Measure a page, and requests that need no search, with a search to compare."""
        seconds = self._seconds
        url = f"{self._server.url}/rooms?sort=price&limit=20"
        with urlopen(url) as answer:  # noqa: S310 - our own server
            tag = answer.headers["ETag"]
        summary = f"{self._server.url}/rooms/summary"
        live = f"{self._server.url}/health/live"
        # Another search that reads many rooms, or the end of one before, may make it refuse one.
        alone = partial(wrk, connections=1, may_refuse=True)
        loads = {
            AS_JSON: partial(wrk, url, seconds, script=NEW_EACH_TIME),
            AS_PAGE: partial(wrk, url, seconds, script=NEW_PAGE_EACH_TIME),
            "the same, cached": partial(wrk, url, seconds),
            "the same, not modified (304)": partial(wrk, url, seconds, {"If-None-Match": tag}),
            "no work (/health/live)": partial(wrk, live, seconds),
            "summary of all rooms, cached": partial(alone, summary, 5 * seconds),
            "summary of all rooms": partial(alone, summary, 5 * seconds, script=NEW_EACH_TIME),
            "map of all rooms, estimated": partial(
                alone, f"{self._server.url}/rooms/map", 5 * seconds, script=NEW_EACH_TIME
            ),
        }
        measured = {
            name: measure(self._server, self._database.cluster, load)
            for name, load in loads.items()
        }
        usual = measured[AS_JSON]
        rows = [
            [
                f"{name}{_refusals(each.load)}",
                f"{each.load.rate:,.1f}",
                f"{each.load.median:.1f}",
                f"{each.load.p99:.1f}",
                f"{each.server:,.0f}",
                f"{each.postgres:,.0f}",
                f"{each.sum / usual.sum:,.2f}",
            ]
            for name, each in measured.items()
        ]
        beyond = (measured[AS_PAGE].sum - usual.sum) / 1000
        return f"{table(OTHER_HEADER, rows)}\n\nA page takes {beyond:.2f} ms more than JSON."


def _refusals(load: Load) -> str:
    """Return a remark on the requests that were refused; their latencies are counted."""
    return f" ({load.refused:,} of {load.answers:,} refused)" if load.refused else ""


if __name__ == "__main__":
    main()
