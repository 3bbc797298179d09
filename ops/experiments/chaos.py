"""Reloads, restarts, kills, outages and overload, which users must not notice.

Kills the database and the workers during writes, and what sends webhooks; loses primaries that have
standbys, sends the slowest searches, kills and freezes machines of a cluster, and reloads, kills
and stops an installed service under a real systemd. Prints results and exits with 1 if something
was lost, failed that must not, or took too long, and with 2 if something is missing that an
experiment needs.
"""

import argparse
import signal
import statistics
import sys
import time
from collections.abc import Callable
from http import HTTPStatus

from report import Report
from testbed.machine import Machine, installed_machine, why_not_here
from testbed.waiting import until
from under_attack import attack, why_no_attack
from under_losses import lose_machines, why_no_cluster
from under_notifying import kill_notifiers
from under_promotion import promote_under_writes
from under_writes import BACK_SECONDS, kill_under_writes

KILLS = 10
EXIT_TERMINATED = 128 + signal.SIGTERM
KILLS_UNDER_WRITES = 200
FAILOVERS = 5
THREADS = 4
WORKERS = 4  # the default of WEB_CONCURRENCY
# Why an experiment cannot run; the others need nothing.
NEEDS = {"attack": why_no_attack, "cluster": why_no_cluster, "service": why_not_here}


def main() -> None:
    """Run the experiments."""
    parser = argparse.ArgumentParser(prog="ops/chaos", description=__doc__)
    parser.add_argument(
        "--only",
        choices=("writes", "notify", "failover", "attack", "cluster", "service"),
        help="kills during writes; kills while webhooks are sent; promotions during writes; slow"
        " searches, which need nginx; a cluster, which needs Patroni, etcd and HAProxy; or an"
        " installed service, which needs"
        " BOOT_SYSTEMD",
    )
    parser.add_argument("--database-kills", type=positive_number, default=KILLS_UNDER_WRITES)
    parser.add_argument("--worker-kills", type=positive_number, default=KILLS_UNDER_WRITES)
    parser.add_argument("--notify-kills", type=positive_number, default=KILLS_UNDER_WRITES)
    parser.add_argument(
        "--failovers", type=positive_number, default=FAILOVERS, help="per kind of loss"
    )
    parser.add_argument("--reloads", type=positive_number, default=100)
    parser.add_argument("--restarts", type=positive_number, default=50)
    parser.add_argument(
        "--kills", type=positive_number, default=KILLS, help="per kind, of the installed service"
    )
    parser.add_argument("--outages", type=float, nargs="+", default=[0.1, 20.0], help="seconds")
    parser.add_argument(
        "--rooms", type=positive_number, default=1_000_000, help="during the attack"
    )
    parser.add_argument(
        "--seconds", type=positive_number, default=60, help="duration of the attack"
    )
    given = parser.parse_args()
    for name, why_not in NEEDS.items():
        if given.only in {None, name} and (reason := why_not()):
            print(f"chaos: --only {name} cannot run: {reason}", file=sys.stderr)
            sys.exit(2)
    # Servers are stopped when their blocks end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    report = Report()
    if given.only in {None, "writes"}:
        kill_under_writes(report, given.database_kills, given.worker_kills)
    if given.only in {None, "notify"}:
        kill_notifiers(report, given.notify_kills)
    if given.only in {None, "failover"}:
        promote_under_writes(report, given.failovers)
    if given.only in {None, "attack"}:
        attack(report, given.rooms, given.seconds)
    if given.only in {None, "cluster"}:
        lose_machines(report)
    if given.only in {None, "service"}:
        disturb_service(report, given)
    sys.exit(not report.is_good)


def positive_number(text: str) -> int:
    """Parse an integer of at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def disturb_service(report: Report, given: argparse.Namespace) -> None:
    """Reload, restart and kill an installed service, and stop its database."""
    with installed_machine() as machine:
        print(f"systemd {machine.version()}, release {machine.release()}", flush=True)
        repeat(report, machine, "reload", given.reloads, machine.reload)
        restart = ("systemctl", "restart", "rentomatic")
        repeat(report, machine, "restart", given.restarts, lambda: machine.run(*restart))
        kill(report, machine, "the main process", given.kills, kill_main)
        kill(report, machine, "a worker", given.kills, kill_worker)
        for seconds in given.outages:
            stop_database(report, machine, seconds)


def repeat(
    report: Report, machine: Machine, name: str, times: int, act: Callable[[], object]
) -> None:
    """Repeat an action under load; no request may fail."""
    with machine.load(THREADS) as load:
        for _ in range(times):
            act()
    seen = f"{load.requests:,} requests, failed {load.failed or 0}, longest {load.longest:.2f} s"
    report.add(f"{times} times {name}", seen, is_good=not load.failed)


def kill(
    report: Report, machine: Machine, name: str, times: int, act: Callable[[Machine], float]
) -> None:
    """Kill processes under load; each must be replaced within a second, and no read may fail."""
    until(lambda: len(machine.workers()) == WORKERS)
    taken = []
    with machine.load() as load:
        for _ in range(times):
            taken.append(act(machine))
            time.sleep(1)
    seen = f"{load.requests:,} requests, failed {load.failed or 0}, back after {max(taken):.2f} s"
    seen += f" at most ({statistics.median(taken):.2f} s median)"
    is_good = not load.failed and max(taken) <= BACK_SECONDS
    report.add(f"{times} times kill -9 of {name}", seen, is_good=is_good)


def kill_main(machine: Machine) -> float:
    """Kill the main process; return the seconds until another one answers."""
    before = machine.main_process()
    start = time.monotonic()
    machine.run("kill", "-KILL", str(before))
    until(lambda: machine.main_process() not in {0, before})
    until(machine.is_ready)
    return time.monotonic() - start


def kill_worker(machine: Machine) -> float:
    """Kill a worker; return the seconds until another one runs."""
    before = machine.workers()
    start = time.monotonic()
    machine.run("kill", "-KILL", str(min(before)))
    until(lambda: len(machine.workers() - before) == 1)
    return time.monotonic() - start


def stop_database(report: Report, machine: Machine, seconds: float) -> None:
    """Stop PostgreSQL for a while: searches may only fail with 503, and must recover at once."""
    with machine.load() as load:
        machine.run("systemctl", "stop", "postgresql@15-main")
        time.sleep(seconds)
        machine.run("systemctl", "start", "postgresql@15-main")
        start = time.monotonic()
        until(lambda: machine.get("/rooms?limit=1&utm_chaos=1").status == HTTPStatus.OK)
        taken = time.monotonic() - start
    seen = f"first 200 after {taken:.2f} s, answers {load.statuses}, failed {load.failures or 0}"
    is_good = taken <= BACK_SECONDS and set(load.failed) <= {"503"}
    report.add(f"database down for {seconds:g} s", seen, is_good=is_good)


if __name__ == "__main__":
    main()
