"""What `rentomatic serve` promises: everything comes up with it, and goes down with it."""

import signal
import socket
from collections.abc import Callable

import pytest
from testbed.processes import free_port
from testbed.waiting import until

from rentomatic.cli.outcome import EXIT_CODES, INTERRUPTED
from rentomatic.config import PostgresDatabase
from rentomatic.demo import BOOK, GENERATED
from rentomatic.embedded.cluster import find_cluster
from rentomatic.repository.migrations import shipped_migrations
from tests.commands import Commands
from tests.databases import ask


def listens(port: int) -> bool:
    """Return whether something listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_demo_answers_and_says_what_to_do_next(commands: Commands) -> None:
    """The start prints the address, where the data are, what was loaded, and three requests."""
    service = commands.serve("--demo")
    first, *others = service.get("/rooms?limit=5")
    assert first["code"] == BOOK[0][0]
    assert len(others) == 4
    url = f"http://127.0.0.1:{service.port}/rooms"
    lines = service.printed.splitlines()
    place = f"embedded PostgreSQL, data in {find_cluster(commands.data).home}"
    assert f"Rent-o-Matic answers at {url} ({place})" in lines
    assert f"Loaded {len(BOOK) + GENERATED} made-up rooms" in service.printed
    requests = [line.split()[1].strip("'") for line in lines if line.startswith("  curl 'http")]
    assert len(requests) == 3
    for request in requests:
        assert service.get(request.removeprefix(url.removesuffix("/rooms")))
    assert service.complained == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_service_and_its_server(commands: Commands, number: int) -> None:
    """SIGTERM and Ctrl-C end everything in order: status 0, no PostgreSQL, the port free."""
    service = commands.serve()
    assert len(commands.servers()) == 1
    assert service.end(number) == 0
    assert commands.servers() == []
    assert not (find_cluster(commands.data).home / "data" / "postmaster.pid").exists()
    assert not listens(service.port)
    assert service.complained == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_service_is_ready_leaves_no_server(
    commands: Commands, number: int
) -> None:
    """Stopping it while PostgreSQL is still starting stops PostgreSQL too."""
    service = commands.start("serve", "--port", str(free_port()))
    until(lambda: commands.data.exists() and commands.servers())
    assert service.end(number) in {0, EXIT_CODES[INTERRUPTED]}
    assert commands.servers() == []


def test_the_data_stay_from_one_run_to_the_next(commands: Commands) -> None:
    """A second start serves the rooms of the first, applies nothing and loads nothing."""
    first = commands.serve("--demo")
    assert [f"applied {name}" for name in shipped_migrations()] == [
        line for line in first.printed.splitlines() if line.startswith("applied ")
    ]
    rooms = first.get()
    first.end(signal.SIGTERM)
    second = commands.serve("--demo")
    assert second.get() == rooms
    assert "The database already has rooms: --demo leaves them unchanged." in second.printed
    assert "Loaded" not in second.printed
    assert "applied" not in second.printed


def test_an_empty_service_says_how_to_get_rooms(commands: Commands) -> None:
    """Without --demo nothing is made up; the way to get rooms is shown until there are some."""
    first = commands.serve()
    assert first.get() == []
    assert "--demo loads made-up ones, `rentomatic import FILE` your own" in first.printed
    first.end(signal.SIGTERM)
    commands.serve("--demo").end(signal.SIGTERM)
    assert "There are no rooms yet" not in commands.serve().printed


def test_a_second_service_on_the_same_data_is_refused(commands: Commands) -> None:
    """It says in one line which process serves already; that one goes on."""
    first = commands.serve("--demo")
    second = commands.start("serve", "--port", str(free_port()))
    assert second.end() not in {0, None}
    (line,) = second.complained.splitlines()
    assert f"process {first.process.pid} already serves" in line
    assert first.get()
    assert len(commands.servers()) == 1


def test_a_port_in_use_is_named_and_nothing_is_started(commands: Commands) -> None:
    """One line names the port; no PostgreSQL stays behind, and no cluster is made."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        service = commands.start("serve", "--port", port)
        assert service.end() not in {0, None}
    (line,) = service.complained.splitlines()
    assert f"port {port}" in line
    assert commands.servers() == []
    assert not find_cluster(commands.data).home.exists()


def test_with_a_database_nothing_is_embedded(
    commands: Commands, new_database: Callable[[], PostgresDatabase]
) -> None:
    """The database of DATABASE_URL is created and migrated; no data folder is made."""
    database = new_database()
    service = commands.serve("--demo", DATABASE_URL=database.url)
    assert service.get()[0]["code"] == BOOK[0][0]
    assert "(the configured database)" in service.printed
    applied = "select migration_id from _yoyo_migration order by applied_at_utc"
    assert ask(database, applied) == list(shipped_migrations())
    assert service.end(signal.SIGTERM) == 0
    assert ask(database, "select count(*) from room") == [len(BOOK) + GENERATED]
    assert not commands.data.exists()
