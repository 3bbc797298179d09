"""A lasting error says that it is lasting, and names the remedy."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from testbed.waiting import until
from webtest import TestApp

from rentomatic.cli import main
from rentomatic.config import PostgresDatabase
from rentomatic.embedded.binaries import find_binaries, make_private, run_as
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.errors import RepositoryUnavailableError, RepositoryUnfitError
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.conftest import SERVER_ACCOUNT

UNFIT = "The database is not set up correctly, so trying again does not help"


@pytest.fixture
def strict(own_cluster: Cluster) -> PostgresDatabase:
    """A migrated database that clerk enters with a password, guest never, and others as usual."""
    create_database(own_cluster.database)
    apply_migrations(own_cluster.database.url)
    rules = own_cluster.home / "data" / "pg_hba.conf"
    lines = "local all clerk scram-sha-256\nlocal all guest reject\n"
    rules.write_text(lines + rules.read_text())
    with psycopg.connect(own_cluster.database.url, autocommit=True) as connection:
        connection.execute("create role clerk login password 'right'")
        connection.execute("grant pg_read_all_data to clerk")
        connection.execute("create role porter")
        connection.execute("select pg_reload_conf()")
    return own_cluster.database


def as_role(database: PostgresDatabase, role: str) -> PostgresDatabase:
    """Return the same database for another role."""
    return replace(database, url=database.url.replace("rentomatic@", f"{role}@", 1))


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (
            "clerk:wrong",
            'password authentication failed for user "clerk"; correct the role and password in ',
        ),
        ("clerk", "no password supplied; correct the role and password in DATABASE_URL"),
        ("nobody", 'role "nobody" does not exist; create the role (create role NAME login), or '),
        ("porter", 'role "porter" is not permitted to log in; allow it: alter role NAME login'),
        ("guest", "; allow this host, role and database in pg_hba.conf, or add ?sslmode"),
    ],
)
def test_a_wrong_role_or_password_is_named(
    strict: PostgresDatabase, monkeypatch: pytest.MonkeyPatch, role: str, expected: str
) -> None:
    """Searches report no details, readiness reports them, and neither reports the password."""
    database = as_role(strict, role)
    until(lambda: refuses(database))
    with closing(Connections(database.url)) as connections:
        client = TestApp(Application(Stores(PostgresRepo(connections))))
        assert client.get("/rooms", status=503).json["message"].startswith(UNFIT)
        message = client.get("/health/ready", status=503).json["message"]
    assert message.startswith("the database refuses the service: ")
    assert expected in message
    assert "wrong" not in message
    with pytest.raises(RepositoryUnfitError, match=r"^the database refuses the service: "):
        create_database(replace(database, maintenance_url=database.url))


def refuses(database: PostgresDatabase) -> bool:
    """Return whether a server has loaded its rules."""
    try:
        psycopg.connect(database.url).close()
    except psycopg.OperationalError:
        return True
    return False


def test_a_missing_database_is_named_and_found_once_it_exists(
    new_database: Callable[[], PostgresDatabase], caplog: pytest.LogCaptureFixture
) -> None:
    """The service needs no restart."""
    database = new_database()
    with closing(Connections(database.url)) as connections:
        repository = PostgresRepo(connections)
        with pytest.raises(RepositoryUnfitError) as caught:
            repository.search(RoomListRequest())
        expected = f'the database refuses the service: database "{database.name}" does not exist; '
        assert str(caught.value).startswith(f"{expected}run: rentomatic init-postgres, or correct ")
        assert caplog.messages == [f"the database cannot answer: {caught.value}"]
        create_database(database)
        apply_migrations(database.url)

        def serves() -> bool:
            try:
                return not list(repository.search(RoomListRequest()).rooms)
            except RepositoryUnavailableError:
                return False

        until(serves)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("port=x", '"x" for connection option "port"; correct it in DATABASE_URL, or in the PG'),
        (
            "sslmode=x",
            'invalid sslmode value: "x"; correct it in DATABASE_URL, or in the PG variable',
        ),
        ("options=-cnothing%3D1", 'configuration parameter "nothing"; correct the `options` of'),
        ("options=-cjit%3Dx", '"jit" requires a Boolean value; correct the `options` of the URL'),
    ],
)
def test_a_wrong_parameter_is_named(
    embedded_rooms: PostgresDatabase, parameters: str, expected: str
) -> None:
    """The error is lasting, because the parameter stays wrong."""
    url = f"{embedded_rooms.url}&{parameters}"
    with closing(Connections(url)) as connections, pytest.raises(RepositoryUnfitError) as caught:
        PostgresRepo(connections).schema()
    assert expected in str(caught.value)


def test_an_absent_server_may_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not a lasting error."""
    with (
        closing(Connections("postgresql:///rooms?host=/none")) as connections,
        pytest.raises(RepositoryUnavailableError) as caught,
    ):
        PostgresRepo(connections).schema()
    assert not isinstance(caught.value, RepositoryUnfitError)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_another_encoding_is_refused(
    new_database: Callable[[], PostgresDatabase],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    encoding: str,
) -> None:
    """Each command and the service refuse it, in one line that says what would be right."""
    database = new_database()
    with psycopg.connect(database.maintenance_url, autocommit=True) as maintenance:
        options = f"template template0 encoding '{encoding}' locale 'C'"
        maintenance.execute(f"create database {database.name} {options}".encode())
    expected = (
        f"the database {database.name} has the encoding {encoding}, not UTF8; name a new one in "
    )
    with closing(Connections(database.url)) as connections:
        client = TestApp(Application(Stores(PostgresRepo(connections))))
        assert client.get("/health/ready", status=503).json["message"].startswith(expected)
        assert client.get("/rooms", status=503).json["message"].startswith(UNFIT)
    monkeypatch.setenv("DATABASE_URL", database.url)
    for command in ("list", "init-postgres", "serve"):
        assert main([command]) == 4
        said = capfd.readouterr()
        assert said.out == ""
        assert said.err.startswith(f"rentomatic: {expected}")
        assert said.err.count("\n") == 1
    assert main(["check"]) == 4
    assert f"FAILED: configured PostgreSQL: {expected}" in capfd.readouterr().out
    with pytest.raises(RepositoryUnfitError):
        apply_migrations(database.url)


@pytest.fixture
def ascii_cluster(open_folder: Path) -> Iterator[Cluster]:
    """A server with the encoding SQL_ASCII, as initdb chooses without a locale."""
    cluster = Cluster(open_folder / "cluster", find_binaries(), SERVER_ACCOUNT)
    make_private(cluster.home, cluster.account)
    options = ("--encoding=SQL_ASCII", "--no-locale", "--auth=trust", "--username=rentomatic")
    command = [str(cluster.binaries / "initdb"), *options]
    made = run_as(cluster.account, command, cluster.home, PGDATA=str(cluster.home / "data"))
    assert made.returncode == 0, made.stderr
    cluster.start()
    yield cluster
    cluster.stop()


def test_a_new_database_is_in_utf8_on_any_server(ascii_cluster: Cluster) -> None:
    """It does not take the encoding of initdb, which template1 has."""
    database = ascii_cluster.database
    assert create_database(database)
    assert not create_database(database)
    assert apply_migrations(database.url)
    with psycopg.connect(database.url) as connection:
        assert connection.execute("show server_encoding").fetchall() == [("UTF8",)]
