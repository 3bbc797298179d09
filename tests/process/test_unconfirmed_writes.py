"""Writes whose COMMIT waits for a standby that is away: reads go on, and no write is lost."""

import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

import pytest
from testbed.processes import children_of
from testbed.replication import Server, new_primary
from testbed.waiting import until

from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.tokens import token_line
from tests.commands import Command, Commands
from tests.process.observation import counts
from tests.process.writing import ROOM, TOKEN, write

NOBODY = "FIRST 1 (nobody)"
THREADS = 4
WAITING = "select pid from pg_stat_activity where wait_event = 'SyncRep'"
UNCONFIRMED = "rentomatic_unconfirmed_writes"

Writes = list[Future[tuple[int, dict[str, str]]]]


@pytest.fixture(scope="module")
def primary() -> Iterator[Server]:
    """A primary with the service's database."""
    with new_primary() as server:
        create_database(server.database)
        apply_migrations(server.database.url)
        yield server


@pytest.fixture
def waiting(primary: Server) -> Iterator[Server]:
    """The same, waiting for a standby that is not there."""
    primary.configure(synchronous_standby_names=NOBODY)
    yield primary
    primary.configure(synchronous_standby_names="")


@pytest.fixture
def service(primary: Server, commands: Commands) -> Command:
    """One worker with several threads."""
    return commands.gunicorn(
        primary.database,
        RENTOMATIC_TOKENS=token_line("office", TOKEN),
        RENTOMATIC_METRICS="on",
        WEB_CONCURRENCY="1",
        RENTOMATIC_THREADS=str(THREADS),
    )


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Clients."""
    with ThreadPoolExecutor(2 * THREADS) as pool:
        yield pool


def path_of(number: int) -> str:
    """Return the path of a room."""
    return f"/rooms/{UUID(int=number)}"


def put(pool: ThreadPoolExecutor, service: Command, *numbers: int, **headers: str) -> Writes:
    """Write rooms at the same time."""
    return [
        pool.submit(write, service, "PUT", path_of(number), ROOM, **headers) for number in numbers
    ]


def test_reads_are_answered_while_writes_wait(
    waiting: Server, service: Command, pool: ThreadPoolExecutor
) -> None:
    """Half of the threads wait, further writes are refused; without the standby, all are made."""
    held = put(pool, service, 1, 2)
    until(lambda: len(waiting.ask(WAITING)) == THREADS // 2)
    for refused in put(pool, service, *range(3, 3 + 2 * THREADS)):
        status, headers = refused.result()
        assert (status, headers["Retry-After"]) == (503, "1")
    for _ in range(THREADS):
        assert service.ask("/rooms?limit=1") == 200
        assert service.ask("/health/ready") == 200
    # All of this was while they waited.
    assert len(waiting.ask(WAITING)) == THREADS // 2
    waiting.configure(synchronous_standby_names="")
    # On a slow machine they may have been answered before.
    assert {each.result()[0] for each in held} <= {201, 503}
    until(lambda: [service.ask(path_of(number)) for number in (1, 2, 3)] == [200, 200, 404])
    assert [each.result()[0] for each in put(pool, service, *range(3, 7))] == [201] * 4


def test_what_is_not_confirmed_in_time_is_said_to_be_uncertain(
    waiting: Server, service: Command, pool: ThreadPoolExecutor
) -> None:
    """The metrics show it; the key that it had gets its answer later, and the room is made once."""
    first, second = put(pool, service, 11, 12, Idempotency_Key="k")
    for each in (first, second):
        assert each.result()[0] == 503
    until(lambda: counts(service)[UNCONFIRMED] == THREADS // 2)
    service.reports("the database has not confirmed a write")
    (again,) = put(pool, service, 11, Idempotency_Key="k")
    assert again.result()[0] == 503
    assert counts(service)["rentomatic_database_connections"] <= THREADS + THREADS // 2
    waiting.configure(synchronous_standby_names="")
    until(lambda: counts(service)[UNCONFIRMED] == 0)
    service.reports("the database has confirmed the write")
    (again,) = put(pool, service, 11, Idempotency_Key="k")
    assert again.result()[0] == 201
    assert service.get(path_of(11))["price"] == ROOM["price"]


def test_check_counts_connections_that_may_wait(
    waiting: Server, primary: Server, commands: Commands
) -> None:
    """Half as many as there are threads, if commits wait for a standby."""
    checked = commands.run("check", DATABASE_URL=primary.database.url)
    assert "4 workers of 4 threads use up to 31 of the 97 connections" in checked.printed


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_the_service_ends_although_writes_wait(
    waiting: Server, service: Command, pool: ThreadPoolExecutor, number: int
) -> None:
    """Its clients are answered before; after a reload, a new worker answers reads."""
    workers = children_of(service.process.pid)
    held = put(pool, service, 21, 22)
    until(lambda: len(waiting.ask(WAITING)) == THREADS // 2)
    service.process.send_signal(number)
    assert [each.result()[0] for each in held] == [503] * 2
    if number == signal.SIGTERM:
        assert service.end() == 0
    else:
        until(lambda: not workers & children_of(service.process.pid))
        assert service.ask("/rooms?limit=1") == 200
    waiting.configure(synchronous_standby_names="")
    until(lambda: not waiting.ask(WAITING))
