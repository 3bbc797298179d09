"""Batches over real gunicorn and PostgreSQL: long ones, and ones in which a process dies."""

import os
import re
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest
from testbed.processes import children_of
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.tokens import token_line
from tests.commands import Command, Commands
from tests.databases import ask, settle
from tests.process.batches import COUNT, LONG, TOKEN, chunks, post

MANY = 100_000
SOME = 4_000  # of several statements
MOST_BYTES = 65_536
WRITING = "select 1 from pg_locks where relation = 'room'::regclass and mode = 'RowExclusiveLock'"


def peak(process: int) -> int:
    """Return the most memory that a process ever had, in KiB."""
    status = Path(f"/proc/{process}/status").read_text()
    match = re.search(r"VmHWM:\s+(\d+)", status)
    assert match
    return int(match[1])


@pytest.fixture
def service(commands: Commands, database: PostgresDatabase) -> Command:
    """One worker, which uses all memory that a batch needs."""
    return commands.gunicorn(
        database, RENTOMATIC_TOKENS=token_line("office", TOKEN), WEB_CONCURRENCY="1"
    )


def test_a_long_batch_takes_no_memory(service: Command, database: PostgresDatabase) -> None:
    """A hundred thousand rooms; meanwhile others are answered, and the feed has each of them."""
    status, reported = post(service, chunks(1_000))
    assert (status, reported["added"]) == (200, 1_000)
    (worker,) = children_of(service.process.pid)
    before = peak(worker)
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(post, service, chunks(MANY))
        answered = 0
        while not sending.done():
            assert service.ask("/rooms") == 200
            answered += 1
        status, reported = sending.result()
    assert (status, reported["added"], reported["unchanged"]) == (200, MANY - 1_000, 1_000)
    assert answered
    # Whole, the batch has 6 MB, and its rooms have ten times as much.
    assert peak(worker) - before < 6 * 1024
    assert ask(database, COUNT) == [MANY]
    settle(database)
    followed, since, more = 0, "0", True
    while more:
        page = service.get(f"/rooms/changes?since={since}&limit=1000")
        followed, since, more = followed + len(page["changes"]), page["next"], page["more"]
    assert followed == MANY


def test_a_batch_is_written_once_though_its_worker_dies(
    service: Command, database: PostgresDatabase
) -> None:
    """Readers see all of it or nothing; repeated with its key it gets the first answer."""
    for price in range(1, 4):
        known = f"select count(distinct price) filter (where price = {price}) from room"
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(insist, service, price)
            wait_for_write(database, sending)
            for worker in children_of(service.process.pid):
                os.kill(worker, signal.SIGKILL)
            reported = sending.result()
        assert ask(database, known) == [1]
        expected = {"added": SOME} if price == 1 else {"updated": SOME}
        assert reported == {
            **dict.fromkeys(("added", "updated", "unchanged", "repeated", "rejected"), 0),
            **expected,
        }
        assert ask(database, f"select count(*) from room where price = {price}") == [SOME]
    assert ask(database, "select count(*) from room_change") == [3 * SOME]


def wait_for_write(database: PostgresDatabase, sending: Future[object]) -> None:
    """Wait until rooms are written, or were."""
    until(lambda: ask(database, WRITING) or sending.done())


def test_batches_that_cross_are_written_one_after_the_other(
    commands: Commands, database: PostgresDatabase
) -> None:
    """Of two that want the same rooms in opposite orders, one may get a 503."""
    service = commands.gunicorn(
        database, RENTOMATIC_TOKENS=token_line("office", TOKEN), WEB_CONCURRENCY="4"
    )
    post(service, chunks(SOME))
    with ThreadPoolExecutor(2) as pool:
        for price in (100, 200, 300):
            sent = [
                pool.submit(insist, service, price + way, backwards=bool(way)) for way in (0, 1)
            ]
            assert [each.result()["updated"] for each in sent] == [SOME, SOME]
            assert ask(database, "select count(distinct price) from room") == [1]


def insist(service: Command, price: int, *, backwards: bool = False) -> dict[str, object]:
    """Send a batch until it is acknowledged; return its counts."""
    found: list[dict[str, object]] = []

    def is_acknowledged() -> bool:
        with suppress(OSError, HTTPException):
            status, reported = post(
                service, chunks(SOME, price, backwards=backwards), key=f"batch {price}"
            )
            assert status in {200, 503}
            found.append(reported)
            return status == 200
        return False

    until(is_acknowledged, LONG)
    return {name: value for name, value in found[-1].items() if isinstance(value, int)}


def test_a_batch_is_as_long_as_the_setting_says(
    commands: Commands, database: PostgresDatabase
) -> None:
    """A longer one is refused, and none of its rooms is written."""
    service = commands.gunicorn(
        database,
        RENTOMATIC_TOKENS=token_line("office", TOKEN),
        RENTOMATIC_MAX_BATCH_BYTES=str(MOST_BYTES),
    )
    status, reported = post(service, chunks(MANY))
    assert (status, reported["message"]) == (
        413,
        f"The body is too long; at most {MOST_BYTES} bytes are accepted",
    )
    assert ask(database, COUNT) == [0]
    assert post(service, chunks(100))[0] == 200
