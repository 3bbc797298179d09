"""How a page of 20 rooms by price compares with the same page from other frameworks.

All use the same database and number of processes, and are measured in turn, in several rounds,
with kept connections: first the same page each time, then different ones. The peers have no entity
tags, links or cursors, and do not log requests if their name says so.

Compare the processor time (user and system) that the server's processes and PostgreSQL's take per
answer, because other work on the machine hardly affects it.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from peer_servers import PEERS, peer, peers_python
from processor import Measured, measure
from rooms import fill
from servers import Server, gunicorn, table, temporary_cluster
from wrk import wrk

OURS = "Rent-o-Matic"
SEARCH = "/rooms?filter_price__gte={price}&sort=price&limit=20"
PRICE = 500
# Of a million rooms, 20 and more cost at least any of these.
PRICES = 5000
DIFFERENT = f"""
local number = 0
request = function()
  number = number + 1
  local price = number % {PRICES}
  return wrk.format(nil, "{SEARCH.format(price='" .. price .. "')}")
end
"""
HEADER = (
    "server",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "server µs",
    "PostgreSQL µs",
    "sum µs",
    "sum to ours",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ops/bench peers", description=__doc__)
    parser.add_argument("--rooms", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="of each server")
    given = parser.parse_args()
    python = peers_python(Path(__file__).parents[2])
    with temporary_cluster() as cluster, ExitStack() as stack:
        database = cluster.database_named("rooms")
        fill(database, given.rooms)
        settings = {"WEB_CONCURRENCY": str(given.processes)}
        servers = {OURS: stack.enter_context(gunicorn(database, variables=settings))}
        for name in PEERS:
            running = peer(name, python, given.processes, cluster, "rooms")
            servers[name] = stack.enter_context(running)
        check_pages(servers)
        print(f"{given.rooms:,} rooms, {os.cpu_count()} cores, {given.processes} processes each")
        for title, script in (("The same page", ""), ("A different page each time", DIFFERENT)):
            measured: dict[str, list[Measured]] = {name: [] for name in servers}
            for _ in range(given.rounds):
                for name, server in servers.items():
                    url = f"{server.url}{SEARCH.format(price=PRICE)}"
                    load = partial(wrk, url, given.seconds, script=script)
                    measured[name].append(measure(server, cluster, load))
            print(f"\n{title}:\n\n{table(HEADER, rows_of(measured))}")


def check_pages(servers: Mapping[str, Server]) -> None:
    """Exit if the servers do not all answer with the same rooms."""
    for price in (0, PRICE, PRICES - 1):
        pages = {}
        for name, server in servers.items():
            with urlopen(f"{server.url}{SEARCH.format(price=price)}") as answer:  # noqa: S310 - our own server
                pages[name] = json.load(answer)
        if different := [name for name, page in pages.items() if page != pages[OURS]]:
            sys.exit(f"other rooms from price {price} than ours: {', '.join(different)}")


def rows_of(measured: Mapping[str, Sequence[Measured]]) -> list[list[str]]:
    """Return the medians; the ratio is that of each round."""
    rows = []
    for name, rounds in measured.items():
        ratios = (
            theirs.sum / ours.sum for theirs, ours in zip(rounds, measured[OURS], strict=True)
        )
        values = (
            f"{statistics.median(each.load.rate for each in rounds):,.0f}",
            f"{statistics.median(each.load.median for each in rounds):.1f}",
            f"{statistics.median(each.load.p99 for each in rounds):.1f}",
            f"{statistics.median(each.server for each in rounds):.0f}",
            f"{statistics.median(each.postgres for each in rounds):.0f}",
            f"{statistics.median(each.sum for each in rounds):.0f}",
            f"{statistics.median(ratios):.2f}",
        )
        rows.append([name, *values])
    return rows


if __name__ == "__main__":
    main()
