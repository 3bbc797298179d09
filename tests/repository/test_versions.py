"""The data version: never the same for two states, whatever happens to the server."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from threading import Event, Thread

import psycopg
from testbed.replication import standby_of
from testbed.waiting import until

from rentomatic.domain.room import Room
from rentomatic.embedded.binaries import run_as
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_summary import RoomSummaryRequest

MakeRoom = Callable[..., Room]
UPDATE = "update room set price = price + 1 where size = %s"


class Seen:
    """What was shown for each data version; fails if two results differ."""

    def __init__(self) -> None:
        self.prices: dict[str, tuple[int, ...]] = {}

    def look(self, repository: PostgresRepo) -> str:
        """Search, and compare the result with an earlier one of the same version."""
        page = repository.search(RoomListRequest())
        prices = tuple(room.price for room in page.rooms)
        assert page.version is not None
        assert self.prices.setdefault(page.version, prices) == prices
        return page.version


@contextmanager
def repository_in(cluster: Cluster) -> Iterator[PostgresRepo]:
    """Use the rooms of a server."""
    with closing(Connections(cluster.database.url)) as connections:
        yield PostgresRepo(connections)


def prepared(cluster: Cluster, make_room: MakeRoom, amount: int = 8) -> Cluster:
    """Fill a server with rooms of different size."""
    create_database(cluster.database)
    apply_migrations(cluster.database.url)
    with repository_in(cluster) as repository:
        repository.save(make_room(number, size=number, price=0) for number in range(1, amount + 1))
    return cluster


@contextmanager
def writing(cluster: Cluster, writers: int) -> Iterator[None]:
    """Change rooms continuously, each writer its own; every third change is rolled back."""
    done = Event()

    def write(size: int) -> None:
        while not done.is_set():
            with suppress(psycopg.Error), psycopg.connect(cluster.database.url) as connection:
                for number in range(100):
                    connection.execute(UPDATE, (size,))
                    if number % 3:
                        connection.commit()
                    else:
                        connection.rollback()
                    if done.is_set():
                        return

    threads = [Thread(target=write, args=(size,)) for size in range(1, writers + 1)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_a_version_has_one_state_during_writes(own_cluster: Cluster, make_room: MakeRoom) -> None:
    """Four writers commit and roll back, and results with the same version are the same."""
    prepared(own_cluster, make_room)
    seen = Seen()
    with writing(own_cluster, 4), repository_in(own_cluster) as repository:
        for _ in range(1_500):
            seen.look(repository)
    assert len(set(seen.prices.values())) > 100


def test_all_reads_return_the_same_version(own_cluster: Cluster, make_room: MakeRoom) -> None:
    """A page, an empty page, a stream, a summary, and the version alone agree."""
    prepared(own_cluster, make_room)
    with repository_in(own_cluster) as repository:
        version = repository.version()
        stream = repository.search(RoomListRequest(limit=None))
        list(stream.rooms)
        nothing = RoomListRequest(after=(10**6,))
        assert version is not None
        assert stream.version == repository.search(RoomListRequest()).version == version
        assert repository.search(nothing).version == version
        assert repository.search(replace(nothing, count="exact")).version == version
        assert repository.summarize(RoomSummaryRequest()).version == version


def test_a_stream_has_the_version_that_it_shows(own_cluster: Cluster, make_room: MakeRoom) -> None:
    """The version is read in the stream's own snapshot."""
    prepared(own_cluster, make_room)
    seen = Seen()
    with writing(own_cluster, 4), repository_in(own_cluster) as repository:
        for _ in range(200):
            seen.look(repository)
            page = repository.search(RoomListRequest(limit=None))
            prices = tuple(room.price for room in page.rooms)
            assert page.version is not None
            assert seen.prices.setdefault(page.version, prices) == prices


def test_no_version_is_reused_after_a_crash(own_cluster: Cluster, make_room: MakeRoom) -> None:
    """The ids of lost transactions are reused, but versions are not."""
    prepared(own_cluster, make_room)
    seen = Seen()
    log = own_cluster.home / "postgres.log"
    with repository_in(own_cluster) as repository:
        for crash in range(1, 4):
            seen.look(repository)
            lost = psycopg.connect(own_cluster.database.url)
            # This transaction will never be committed, and its id will be reused.
            lost.execute(UPDATE, (1,))
            seen.look(repository)
            os.kill(lost.info.backend_pid, signal.SIGKILL)
            until(lambda: log.read_text().count("ready to accept connections") > crash)  # noqa: B023
            lost.close()
            before = seen.look(repository)
            for size in (2, 3, 4):
                with psycopg.connect(own_cluster.database.url) as connection:
                    connection.execute(UPDATE, (size,))
                assert seen.look(repository) != before


def test_no_version_is_reused_after_a_restore(own_cluster: Cluster, make_room: MakeRoom) -> None:
    """A restore returns to an old state, from which different ones follow."""
    prepared(own_cluster, make_room)
    seen = Seen()
    own_cluster.stop()
    copy = ["cp", "-a", "data", "backup"]
    run_as(own_cluster.account, copy, own_cluster.home).check_returncode()
    for size in (1, 2):
        own_cluster.start()
        with repository_in(own_cluster) as repository:
            for _ in range(5):
                seen.look(repository)
                with psycopg.connect(own_cluster.database.url) as connection:
                    connection.execute(UPDATE, (size,))
            seen.look(repository)
        own_cluster.stop()
        for command in (["rm", "-r", "data"], ["cp", "-a", "backup", "data"]):
            run_as(own_cluster.account, command, own_cluster.home).check_returncode()
    own_cluster.start()
    assert len(set(seen.prices.values())) == 11


def test_two_databases_of_a_server_have_different_versions(
    own_cluster: Cluster, make_room: MakeRoom
) -> None:
    """Although both see the same transactions of the server."""
    prepared(own_cluster, make_room)
    other = own_cluster.database_named("other")
    create_database(other)
    apply_migrations(other.url)
    with repository_in(own_cluster) as repository, closing(Connections(other.url)) as connections:
        assert repository.version() != PostgresRepo(connections).version()


def test_a_standby_has_no_version(own_cluster: Cluster, make_room: MakeRoom) -> None:
    """It does not know which transactions are running, but it can be searched."""
    prepared(own_cluster, make_room)
    with standby_of(own_cluster) as standby, repository_in(standby) as repository:
        page = repository.search(RoomListRequest())
        assert (len(list(page.rooms)), page.version, repository.version()) == (8, None, None)
        assert repository.summarize(RoomSummaryRequest()).version is None
