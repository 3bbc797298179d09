"""A full disk: writes are refused, and everything else works."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest
from testbed.processes import processes_of
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.binaries import find_binaries
from rentomatic.embedded.cluster import LOG, Cluster
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.tokens import token_line
from tests.commands import SECONDS, Command, Commands
from tests.conftest import SERVER_ACCOUNT, why_no_small_disk
from tests.databases import ask
from tests.process.batches import COUNT, TOKEN, chunks, post

pytestmark = pytest.mark.skipif(bool(why_no_small_disk()), reason=why_no_small_disk())

REFUSED = "The database cannot answer now; try again in a moment (request "
# What a write says whose COMMIT the server did not survive.
UNCONFIRMED = "The database has not confirmed this write"
MEGABYTES = 100  # a cluster of PostgreSQL and what it starts with has 40
ROOMS = 50_000
PRICES = "select price from room order by price"


@dataclass(frozen=True)
class Disk:
    """A small disk, which can be filled with other things than rooms."""

    folder: Path

    def fill(self) -> None:
        """Leave no space."""
        with (self.folder / "other").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        assert shutil.disk_usage(self.folder).free == 0

    def clear(self) -> None:
        """Free the space again."""
        (self.folder / "other").unlink(missing_ok=True)


@pytest.fixture
def disk(open_folder: Path) -> Iterator[Disk]:
    """A small disk of the test's own, which a server may write."""
    folder = open_folder / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "disk", folder], check=True)
    try:
        shutil.chown(folder, SERVER_ACCOUNT.pw_name)
        yield Disk(folder)
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def tables(disk: Disk, own_cluster: Cluster) -> Iterator[Cluster]:
    """A server whose rooms are on the disk, and nothing else of it."""
    with psycopg.connect(own_cluster.database.maintenance_url, autocommit=True) as connection:
        connection.execute(f"create tablespace small location '{disk.folder}'".encode())
        connection.execute("create database rentomatic tablespace small")
    apply_migrations(own_cluster.database.url)
    yield own_cluster
    disk.clear()


@pytest.fixture
def everything(disk: Disk) -> Iterator[Cluster]:
    """A server that is on the disk as a whole."""
    cluster = Cluster(disk.folder / "cluster", find_binaries(), SERVER_ACCOUNT)
    cluster.start()
    create_database(cluster.database)
    apply_migrations(cluster.database.url)
    yield cluster
    disk.clear()
    cluster.stop()


def serve(commands: Commands, cluster: Cluster) -> Command:
    """Serve a server's rooms."""
    return commands.gunicorn(cluster.database, RENTOMATIC_TOKENS=token_line("office", TOKEN))


class Client:
    """Adds rooms, each of another price.

    Args:
        service: to which they are added.
        has_keys: whether each is sent with a key.
        refusals: the beginnings of what a 503 may say.

    Attributes:
        acknowledged: the prices of the rooms that were acknowledged.
    """

    def __init__(
        self, service: Command, *, has_keys: bool = False, refusals: tuple[str, ...] = (REFUSED,)
    ) -> None:
        self.acknowledged: list[int] = []
        self._refusals = refusals
        self._service = service
        self._has_keys = has_keys

    def add(self, price: int) -> bool:
        """Add a room; return whether it was added, and expect a 503 if not."""
        room = {"size": 20, "price": price, "longitude": 13.4, "latitude": 52.5}
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": str(price)} if self._has_keys else {}
        connection = HTTPConnection("127.0.0.1", self._service.port, timeout=SECONDS)
        connection.request("POST", "/rooms", json.dumps(room), headers)
        answer = connection.getresponse()
        reported = answer.read().decode()
        connection.close()
        if answer.status == 201:
            self.acknowledged.append(price)
            return True
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert json.loads(reported)["message"].startswith(self._refusals)
        return False


@pytest.mark.parametrize("has_keys", [False, True])
def test_writes_wait_for_disk_space_and_reads_go_on(
    tables: Cluster, disk: Disk, commands: Commands, *, has_keys: bool
) -> None:
    """What was acknowledged is there; with space again the service needs no restart."""
    service = serve(commands, tables)
    client = Client(service, has_keys=has_keys)
    disk.fill()
    refused = next(price for price in range(10_000) if not client.add(price))
    assert [room["price"] for room in service.get("/rooms?limit=1000")] == client.acknowledged
    assert service.ask("/health/ready") == 200
    service.reports("the database refuses: could not extend file")
    service.reports("No space left on device")
    assert "Traceback" not in service.complained
    disk.clear()
    assert client.add(refused)
    assert ask(tables.database, PRICES) == client.acknowledged == list(range(refused + 1))


def complaints(service: Command) -> list[str]:
    """Return what a service complained of, without gunicorn's own lines."""
    lines = [json.loads(line) for line in service.complained.splitlines()]
    return [line["message"] for line in lines if line["logger"] != "gunicorn.error"]


@pytest.mark.parametrize("key", ["", "a key"])
def test_a_batch_is_all_or_nothing(
    tables: Cluster, disk: Disk, commands: Commands, key: str
) -> None:
    """It is refused as a single room is, and accepted once there is space."""
    service = serve(commands, tables)
    disk.fill()
    status, reported = post(service, chunks(ROOMS), key)
    assert status == 503
    assert str(reported["message"]).startswith(
        "The database cannot answer now; try again in a moment"
    )
    (reason,) = until(lambda: complaints(service))
    assert reason.startswith("the database refuses: could not extend file")
    assert ask(tables.database, COUNT) == [0]
    disk.clear()
    assert post(service, chunks(ROOMS), key)[0] == 200
    assert ask(tables.database, COUNT) == [ROOMS]


def test_a_long_body_waits_for_disk_space(
    database: PostgresDatabase, disk: Disk, commands: Commands
) -> None:
    """Where it would be kept; what is short goes on."""
    service = commands.gunicorn(
        database, RENTOMATIC_TOKENS=token_line("office", TOKEN), TMPDIR=str(disk.folder)
    )
    disk.fill()
    status, reported = post(service, chunks(ROOMS))
    assert status == 503
    assert str(reported["message"]).startswith(
        "There is currently not enough disk space for a body of this length"
    )
    service.reports("a body cannot be stored: No space left on device")
    assert "Traceback" not in service.complained
    assert post(service, chunks(10))[0] == 200
    disk.clear()
    assert post(service, chunks(ROOMS))[0] == 200
    assert ask(database, COUNT) == [ROOMS]


def test_an_import_is_all_or_nothing(
    tables: Cluster, disk: Disk, commands: Commands, open_folder: Path
) -> None:
    """It says what is missing, and exits with the code for what may be retried."""
    file = open_folder / "rooms.csv"
    file.write_bytes(b"".join(chunks(ROOMS)))
    disk.fill()
    command = commands.start("import", str(file), DATABASE_URL=tables.database.url)
    assert command.end() == 4
    reason, end = command.complained.splitlines()
    assert reason.startswith("rentomatic: the database refuses: could not extend file")
    assert "No space left on device" in reason
    assert end == "rentomatic: The database cannot answer now; try again in a moment"
    assert ask(tables.database, COUNT) == [0]
    disk.clear()
    commands.run("import", str(file), DATABASE_URL=tables.database.url)
    assert ask(tables.database, COUNT) == [ROOMS]


def test_a_server_that_crashes_on_a_full_disk_is_an_outage(
    everything: Cluster, disk: Disk, commands: Commands
) -> None:
    """PostgreSQL dies if it cannot write its log; with space again, it has all rooms."""
    service = serve(commands, everything)
    client = Client(service, refusals=(REFUSED, UNCONFIRMED))
    assert client.add(0)
    disk.fill()

    def add_to_a_new_file(price: int) -> bool:
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(everything.database.maintenance_url) as connection,
        ):
            connection.execute("select pg_switch_wal()")
        return client.add(price)

    refused = next(price for price in range(1, 100) if not add_to_a_new_file(price))
    until(lambda: not processes_of(everything))
    assert "PANIC:" in (everything.home / LOG).read_text()
    assert service.ask("/rooms") == 503
    assert service.ask("/health/live") == 200
    disk.clear()
    everything.start()
    until(lambda: client.add(refused))
    until(lambda: [service.ask("/rooms?limit=1") for _ in range(20)] == [200] * 20)
    assert ask(everything.database, PRICES) == client.acknowledged
    assert "Traceback" not in service.complained
