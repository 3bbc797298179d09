"""Kills under writes: nothing that was acknowledged is lost, and no room is there twice.

What is killed are processes, and the kernel keeps what they gave to it. If the machine dies, only
fsync helps: the database must have it on.
"""

import statistics
from http import HTTPStatus

from report import Report
from service import Service, local_service
from testbed.writers import Writers, crash_database, kill_worker, take_stock

BACK_SECONDS = 1.0


def kill_under_writes(report: Report, database_kills: int, worker_kills: int) -> None:
    """Kill the database, and then workers, each on a service of its own."""
    with local_service() as service:
        settings = service.durability()
        seen = ", ".join(f"{name} {value}" for name, value in settings.items())
        report.tell("the database has", seen, is_good={*settings.values()} == {"on"})
        kill_databases(report, service, database_kills)
    with local_service() as service:
        kill_workers(report, service, worker_kills)


def kill_databases(report: Report, service: Service, times: int) -> None:
    """Kill the database: within a second of its return a room is acknowledged."""
    taken = []
    with Writers(service.address, service.token) as writers:
        for _ in range(times):
            taken.append(crash_database(writers, service.cluster))
            if take_stock(service.cluster.database, writers).lost:
                break
    seen, is_good = _told(service, writers)
    seen += f", first after {max(taken):.2f} s at most ({statistics.median(taken):.2f} s median)"
    is_good = is_good and max(taken) <= BACK_SECONDS and not writers.failures
    report.tell(f"{len(taken)} times kill -9 of the database", seen, is_good=is_good)


def kill_workers(report: Report, service: Service, times: int) -> None:
    """Kill workers: no client waits for longer than a second."""
    with Writers(service.address, service.token) as writers:
        for _ in range(times):
            kill_worker(writers, service.process)
    longest = max(write.answered - write.first for write in writers.acknowledged)
    seen, is_good = _told(service, writers)
    seen += f", longest wait {longest:.2f} s"
    is_good = is_good and longest <= BACK_SECONDS
    report.tell(f"{times} times kill -9 of a worker", seen, is_good=is_good)


def _told(service: Service, writers: Writers) -> tuple[str, bool]:
    """Tell what became of the rooms, and whether that is good."""
    stock = take_stock(service.cluster.database, writers)
    repeats = sum(write.repeats for write in writers.acknowledged)
    seen = f"{len(writers.acknowledged):,} rooms acknowledged, lost {stock.lost}, "
    seen += f"doubled {stock.doubled}, {repeats:,} repeats ({stock.known} of a room that was there)"
    wrong = {*writers.statuses} - {HTTPStatus.CREATED, HTTPStatus.SERVICE_UNAVAILABLE}
    if wrong:
        seen += f", answers {dict(writers.statuses)}"
    return seen, not (stock.lost or stock.doubled or wrong)
