"""Kills during writes: no acknowledged room is lost, and none exists twice.

Only processes are killed, and the kernel keeps what they wrote. For a crash of the machine the
database must have fsync on.
"""

import statistics
from http import HTTPStatus

from report import Report
from service import Service, local_service
from testbed.writers import Writers, compare, crash_database, kill_worker

BACK_SECONDS = 1.0


def kill_under_writes(report: Report, database_kills: int, worker_kills: int) -> None:
    """Kill the database, then workers, each on a new service."""
    with local_service() as service:
        settings = service.durability()
        seen = ", ".join(f"{name} {value}" for name, value in settings.items())
        report.add("the database has", seen, is_good={*settings.values()} == {"on"})
        kill_databases(report, service, database_kills)
    with local_service() as service:
        kill_workers(report, service, worker_kills)


def kill_databases(report: Report, service: Service, times: int) -> None:
    """Kill the database; a room must be acknowledged within a second of its restart."""
    taken = []
    with Writers(service.address, service.token) as writers:
        for _ in range(times):
            taken.append(crash_database(writers, service.cluster))
            if compare(service.cluster.database, writers).lost:
                break
    seen, is_good = _summarize(service, writers)
    seen += f", first after {max(taken):.2f} s at most ({statistics.median(taken):.2f} s median)"
    is_good = is_good and max(taken) <= BACK_SECONDS and not writers.failures
    report.add(f"{len(taken)} times kill -9 of the database", seen, is_good=is_good)


def kill_workers(report: Report, service: Service, times: int) -> None:
    """Kill workers; no client may wait longer than a second."""
    with Writers(service.address, service.token) as writers:
        for _ in range(times):
            kill_worker(writers, service.process)
    longest = max(write.answered - write.first for write in writers.acknowledged)
    seen, is_good = _summarize(service, writers)
    seen += f", longest wait {longest:.2f} s"
    is_good = is_good and longest <= BACK_SECONDS
    report.add(f"{times} times kill -9 of a worker", seen, is_good=is_good)


def _summarize(service: Service, writers: Writers) -> tuple[str, bool]:
    """Describe what happened to the rooms, and say whether that is good."""
    found = compare(service.cluster.database, writers)
    repeats = sum(write.repeats for write in writers.acknowledged)
    seen = f"{len(writers.acknowledged):,} rooms acknowledged, lost {found.lost}, "
    seen += f"doubled {found.doubled}, {repeats:,} repeats ({found.known} of a stored room)"
    wrong = {*writers.statuses} - {HTTPStatus.CREATED, HTTPStatus.SERVICE_UNAVAILABLE}
    if wrong:
        seen += f", answers {dict(writers.statuses)}"
    return seen, not (found.lost or found.doubled or wrong)
