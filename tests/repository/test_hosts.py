"""Several servers in one URL, and standbys: the primary is found, and what is wrong is named."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from queue import SimpleQueue

import psycopg
import pytest
from testbed.processes import free_port, freeze, thaw
from testbed.replication import Server, database_on, new_primary, standby_of
from testbed.waiting import until
from webtest import TestApp

from rentomatic.cli import main
from rentomatic.config import PostgresDatabase, read_settings
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database, psql_arguments
from rentomatic.repository.errors import (
    RepositoryStandbyError,
    RepositoryUnavailableError,
    RepositoryUnfitError,
)
from rentomatic.repository.hosts import Hosts
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.opener import Opener
from rentomatic.repository.outage import shared_mark
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.racing import first_success
from rentomatic.repository.refusals import refusal_by_all, refusal_of
from rentomatic.repository.standby import NO_WRITES, READ_ONLY, STANDBY
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.tokens import parse_tokens, token_line
from rentomatic.variables import ConfigError
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores

Servers = tuple[Server, Server]
TOKEN = "a-token-of-the-test"


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """A primary with rooms' tables, and its standby."""
    with new_primary() as primary:
        create_database(primary.database)
        apply_migrations(primary.database.url)
        with standby_of(primary) as standby:
            yield primary, standby


@pytest.fixture(autouse=True)
def _unreported() -> Iterator[None]:
    """Forget that a standby was reported in an earlier test."""
    shared_mark()[1] = 0
    yield
    shared_mark()[1] = 0


def configured(*servers: Server, query: str = "") -> str:
    """Return the URL that the service makes of one with these servers."""
    database = read_settings({"DATABASE_URL": database_on(*servers, query=query).url}).postgres
    assert database
    return database.url


@contextmanager
def repository_on(url: str) -> Iterator[PostgresRepo]:
    """Use a database as the service does."""
    with closing(Connections(url)) as connections:
        yield PostgresRepo(connections)


def nowhere(server: Server) -> Server:
    """Return a server that does not run."""
    return Server(server.home, server.binaries, server.account, free_port())


@pytest.mark.parametrize("query", ["", "load_balance_hosts=random"])
@pytest.mark.parametrize("is_first", [True, False])
def test_writes_reach_the_primary_in_any_order(
    servers: Servers, rooms: list[Room], query: str, *, is_first: bool
) -> None:
    """Also with hosts in a random order."""
    primary, standby = servers
    order = (primary, standby) if is_first else (standby, primary)
    for _ in range(5):
        with repository_on(configured(nowhere(primary), *order, query=query)) as repository:
            repository.save(rooms)
            assert not repository.schema().read_only


def test_a_frozen_first_server_is_tried_once(servers: Servers) -> None:
    """The one that answered comes first from then on."""
    primary, standby = servers
    opener = Opener(configured(standby, primary), statement_timeout=4, changes_kept=None)
    freeze(standby)
    try:
        for _ in range(3):
            with closing(opener.open()) as connection:
                assert connection.info.port == primary.port
            assert opener._hosts.attempts()[0]["port"] == str(primary.port)  # noqa: SLF001
    finally:
        thaw(standby)


def test_the_server_that_answered_comes_first() -> None:
    """Those that were tried before it come last."""
    hosts = Hosts({"host": "a,b,c", "port": "1,2,3"})
    a, b, c = hosts.attempts()
    assert c == {"host": "c", "port": "3"}
    hosts.answered(b)
    assert hosts.attempts() == [b, c, a]
    assert hosts.servers == [a, b, c]


def test_once_another_server_is_the_primary_older_connections_are_left() -> None:
    """Only if all of them have to be to the primary."""
    for wanted in ("read-write", "any"):
        hosts = Hosts({"host": "a,b", "target_session_attrs": wanted})
        a, b = hosts.servers
        assert (hosts.is_first(a), hosts.is_one_right) == (True, wanted == "read-write")
        hosts.answered(b)
        assert (hosts.is_first(a), hosts.is_first(b)) == (False, True)


def test_an_attempt_that_hangs_does_not_delay_the_next() -> None:
    """Its late success is discarded; a failure starts the next attempt, and an error is raised."""
    late, discarded = threading.Event(), SimpleQueue[str]()

    def hang() -> str:
        late.wait()
        return "late"

    assert first_success([hang, lambda: None, lambda: "second"], discarded.put) == "second"
    late.set()
    assert discarded.get() == "late"
    assert first_success([lambda: None, lambda: None], discarded.put) is None
    with pytest.raises(ZeroDivisionError):
        first_success([lambda: None, lambda: str(1 // 0)], discarded.put)


def test_a_preferred_standby_is_looked_for_on_all_servers_first() -> None:
    """Whatever order is remembered."""
    hosts = Hosts({"host": "a,b", "target_session_attrs": "prefer-standby"})
    hosts.answered({"host": "b", "target_session_attrs": "standby"})
    tried = [(each["host"], each["target_session_attrs"]) for each in hosts.attempts()]
    assert tried == [("b", "standby"), ("a", "standby"), ("b", "any"), ("a", "any")]


def test_numbers_of_hosts_and_ports_that_differ_are_refused() -> None:
    """When the settings are read, not by each request."""
    with pytest.raises(ConfigError, match="could not match 2 port numbers to 3 hosts"):
        Connections("postgresql:///rooms?host=a,b,c&port=1,2")


def test_tools_of_postgresql_wait_for_no_frozen_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and psql would wait forever; a limit of the user's own is kept."""
    database = PostgresDatabase("postgresql://a,b/rooms", "")
    assert "connect_timeout=3" in psql_arguments(database)[0][0].split()
    own = PostgresDatabase("postgresql://a,b/rooms?connect_timeout=9", "")
    assert "connect_timeout=9" in psql_arguments(own)[0][0].split()
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "7")
    assert "connect_timeout" not in psql_arguments(database)[0][0]


def test_a_standby_can_be_searched_but_not_written(
    servers: Servers, rooms: list[Room], caplog: pytest.LogCaptureFixture
) -> None:
    """Clients get the reason, readiness and the log also what would be right."""
    primary, standby = servers
    with repository_on(primary.database.url) as repository:
        repository.save(rooms)
    standby.catch_up(primary)
    with closing(Connections(configured(standby))) as connections:
        client = client_of(connections)
        assert len(client.get("/rooms").json) == len(rooms)
        assert client.get("/health/ready", status=503).json["message"].startswith(STANDBY)
        assert caplog.messages == [STANDBY]
        answer = client.delete(f"/rooms/{rooms[0].code}", headers=authorized(), status=503)
        assert answer.json["message"].startswith("The database is a standby at the moment: it acc")
        assert "Retry-After" in answer.headers
        assert f"a write is refused: {STANDBY}" in caplog.messages
        message = client.get("/rooms/changes?since=now", status=503).json["message"]
        assert message.startswith("The database is a standby at the moment: ")
        assert len(client.get("/rooms").json) == len(rooms)


def client_of(connections: Connections) -> TestApp:
    """Return clients of the application on these connections."""
    repository = PostgresRepo(connections)
    tokens = parse_tokens(token_line("office", TOKEN))
    stores = Stores(repository, PostgresChanges(connections))
    return TestApp(Application(stores, tokens=tokens))


def authorized() -> dict[str, str]:
    """Return the header that allows writes."""
    return {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize("query", ["target_session_attrs=any", "target_session_attrs=standby"])
def test_several_servers_and_a_standby_on_purpose_are_named(servers: Servers, query: str) -> None:
    """Readiness says what would be right."""
    primary, standby = servers
    with repository_on(configured(standby, primary, query=query)) as repository:
        assert repository.schema().read_only == STANDBY


def test_without_a_primary_the_servers_that_answer_are_named(
    servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    """As standbys, without their addresses; once for all requests, and also during the outage."""
    primary, standby = servers
    text = "no primary among the 2 servers in DATABASE_URL (standbys that answer: 1); promote one"
    with closing(Connections(configured(nowhere(primary), standby))) as connections:
        client = client_of(connections)
        for _ in range(2):
            assert client.get("/health/ready", status=503).json["message"].startswith(text)
            client.get("/rooms", status=503)
    assert caplog.messages == [f"the database cannot answer: {text}"]
    alone = configured(standby, query="target_session_attrs=read-write")
    with repository_on(alone) as repository, pytest.raises(RepositoryStandbyError) as caught:
        repository.schema()
    assert str(caught.value) == NO_WRITES


def test_a_read_only_primary_is_named_and_recovers(servers: Servers, rooms: list[Room]) -> None:
    """Hosts set this when a disk is full, for example; the service needs no restart."""
    primary, _ = servers
    alter = "alter database rentomatic set default_transaction_read_only = "
    with psycopg.connect(primary.database.maintenance_url, autocommit=True) as connection:
        connection.execute(f"{alter} on".encode())
        with repository_on(primary.database.url) as repository:
            assert repository.schema().read_only == READ_ONLY
            with pytest.raises(RepositoryStandbyError, match="default_transaction_read_only is on"):
                repository.save(rooms)
            repository.search(RoomListRequest())
            connection.execute(f"{alter} off".encode())
            assert repository.schema().read_only == READ_ONLY
            until(lambda: not repository.schema().read_only)
            repository.save(rooms)


def test_a_server_that_refuses_us_does_not_hide_the_others(servers: Servers) -> None:
    """The next one is tried; if all refuse, all reasons are named without addresses."""
    primary, _ = servers
    with psycopg.connect(primary.database.maintenance_url) as connection:
        connection.execute("create role porter")
    url = database_on(primary, nowhere(primary)).url.replace("rentomatic@", "porter@")
    with repository_on(url) as repository, pytest.raises(RepositoryUnavailableError) as caught:
        repository.schema()
    assert 'role "porter" is not permitted to log in; allow it: ' in str(caught.value)
    assert f"127.0.0.1:{primary.port}: the database refuses" in str(caught.value)
    assert not isinstance(caught.value, RepositoryUnfitError)


def test_only_lasting_refusals_of_all_servers_are_lasting() -> None:
    """Their texts have no addresses, because clients see them."""
    unfit, away = RepositoryUnfitError("no role"), RepositoryUnavailableError("refused")
    standby = RepositoryStandbyError("a standby")
    both = refusal_by_all({"a": unfit, "b": unfit}, 2)
    assert (type(both), str(both)) == (RepositoryUnfitError, "no role")
    some = refusal_by_all({"a": unfit, "b": away}, 2)
    assert (type(some), str(some)) == (RepositoryUnavailableError, "a: no role; b: refused")
    found = refusal_by_all({"a": unfit, "b": standby, "c": away}, 3)
    assert type(found) is RepositoryStandbyError
    assert str(found) == (
        "no primary among the 3 servers in DATABASE_URL (standbys that answer: 1); promote one;"
        " no role"
    )
    assert str(refusal_by_all({"a": standby}, 1)) == "a standby"


def test_a_refusal_by_one_of_several_addresses_has_no_address(servers: Servers) -> None:
    """A host name may have several; psycopg names them all in one error."""
    primary, standby = servers
    url = database_on(nowhere(primary), primary, nowhere(standby)).url
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(url.replace("rentomatic@", "nobody@"))
    refusal = refusal_of(caught.value)
    assert isinstance(refusal, RepositoryUnfitError)
    assert 'role "nobody" does not exist; create the role ' in str(refusal)
    assert "127.0.0.1" not in str(refusal)


@pytest.fixture
def checked(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[int, str]]:
    """Run `rentomatic check` on a URL; returns its status and what it says of the database."""

    def check(url: str) -> tuple[int, str]:
        monkeypatch.setenv("DATABASE_URL", url)
        status = main(["check"])
        lines = capfd.readouterr().out.splitlines()
        (line,) = (each for each in lines if each.startswith("database "))
        return status, line.removeprefix("database").strip()

    return check


def test_check_names_a_standby(servers: Servers, checked: Callable[[str], tuple[int, str]]) -> None:
    """And the server, because several may be configured."""
    primary, standby = servers
    status, found = checked(database_on(standby, primary).url)
    assert (status, found.endswith(f" at 127.0.0.1:{primary.port}")) == (0, True)
    status, found = checked(database_on(standby).url)
    assert status == 4
    assert found.startswith("FAILED: configured PostgreSQL ")
    assert found.endswith(f" at 127.0.0.1:{standby.port}: {STANDBY}")
    status, found = checked(database_on(standby, nowhere(primary)).url)
    assert status == 4
    assert "no primary among the 2 servers in DATABASE_URL" in found
