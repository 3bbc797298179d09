"""What nginx's micro-cache gains and what nginx costs, with the files of ops/nginx.

Requests a page of 20 rooms, in turn: from the service itself; through nginx, bypassing its cache;
the same with kept connections to the service, and with new ones that the service would keep; and
from the cache, which refreshes each second. Then an answer that needs no work, to show what
connections cost. What matters are the ratios, as the machine may be noisy.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from rooms import fill
from servers import gunicorn, table, temporary_cluster
from testbed.nginx import place, running
from wrk import Load, wrk

SEARCH = "/rooms?filter_price__gte=500&sort=price&limit=20"
NO_WORK = "/health/live"
# nginx caches no answer to an Accept with a weight.
PAST_THE_CACHE = {"Accept": "application/json;q=1"}

ALONE = "the service alone"
PAST = "through nginx, past the cache"
KEPT = "the same on kept connections"
NOT_CLOSED = "the same without Connection: close"
HOT = "through nginx, hot"
IDLE = "no work, through nginx"
IDLE_KEPT = "no work, on kept connections"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ops/bench nginx", description=__doc__)
    parser.add_argument("--rooms", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    given = parser.parse_args()
    with temporary_cluster() as cluster, ExitStack() as stack:
        database = cluster.database_named("rooms")
        fill(database, given.rooms)

        def nginx(change: Callable[[str], str] = str) -> str:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            return stack.enter_context(running(place(folder, socket, change))).url

        socket = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "rentomatic.sock"
        service = stack.enter_context(gunicorn(database, socket)).url
        ours = nginx()
        keeping = nginx(_keep)
        loads = _measure(
            {
                ALONE: (f"{service}{SEARCH}", PAST_THE_CACHE),
                PAST: (f"{ours}{SEARCH}", PAST_THE_CACHE),
                KEPT: (f"{keeping}{SEARCH}", PAST_THE_CACHE),
                NOT_CLOSED: (f"{nginx(_leave_open)}{SEARCH}", PAST_THE_CACHE),
                HOT: (f"{ours}{SEARCH}", {}),
                IDLE: (f"{ours}{NO_WORK}", {}),
                IDLE_KEPT: (f"{keeping}{NO_WORK}", {}),
            },
            given.rounds,
            given.seconds,
        )
        print(table(("20 rooms by price", "requests/s", "p50 ms", "p99 ms"), _rows(loads)))
        print()
        for name, some, others in (
            ("hot to past the cache", HOT, PAST),
            ("past the cache to the service alone", PAST, ALONE),
            ("kept connections to new ones", KEPT, PAST),
            ("the same without work", IDLE_KEPT, IDLE),
        ):
            print(f"{name}: {_ratio(loads[some], loads[others]):.2f}")


def _leave_open(text: str) -> str:
    return text.replace("header Connection close;", 'header Connection "";')


def _keep(text: str) -> str:
    return _leave_open(text).replace("upstream rentomatic {", "upstream rentomatic { keepalive 32;")


def _measure(
    asked: Mapping[str, tuple[str, Mapping[str, str]]], rounds: int, seconds: int
) -> dict[str, list[Load]]:
    loads: dict[str, list[Load]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, (url, headers) in asked.items():
            loads[name].append(wrk(url, seconds, headers))
    return loads


def _rows(loads: Mapping[str, Sequence[Load]]) -> list[list[str]]:
    return [
        [
            name,
            f"{statistics.median(load.rate for load in all_):,.0f}",
            f"{statistics.median(load.median for load in all_):.1f}",
            f"{statistics.median(load.p99 for load in all_):.1f}",
        ]
        for name, all_ in loads.items()
    ]


def _ratio(some: Sequence[Load], others: Sequence[Load]) -> float:
    """Compare round by round, so that noise affects both."""
    pairs = zip(some, others, strict=True)
    return statistics.median(one.rate / other.rate for one, other in pairs)


if __name__ == "__main__":
    main()
