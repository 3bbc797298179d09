"""Replicas answer reads while they can; when they cannot, the primary does, and no read fails."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from testbed.processes import freeze, thaw
from testbed.replication import database_on
from testbed.waiting import until

from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryTimeoutError, RepositoryUnavailableError
from rentomatic.repository.replica import each_server
from rentomatic.repository.replicas import Replicas
from rentomatic.variables import ConfigError
from tests.replicas.conftest import Replicate, Servers, lose, recover

WHERE = "select inet_server_port()"


def where(replicas: Replicas) -> int:
    """Return the port of the server that answers a read."""
    ((port,),) = replicas.read(lambda each: each.run(WHERE))
    return int(port)


def in_threads(replicas: Replicas, times: int) -> list[int]:
    """Return the ports of the servers that answer reads of several threads."""

    def look(_number: int) -> int:
        try:
            return where(replicas)
        finally:
            replicas.leave()

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(look, range(times)))


def states(replicas: Replicas) -> list[str]:
    """Return the states of the replicas."""
    return [each.state for each in replicas.states()]


def test_only_reads_leave_the_primary(servers: Servers, replicate: Replicate) -> None:
    """Threads use both replicas; streams and writes need the primary."""
    replicas = replicate()
    assert set(in_threads(replicas, 40)) == {servers.first.port, servers.second.port}
    ((written,),) = replicas.write(lambda each: each.run(WHERE))
    assert written == servers.primary.port
    assert states(replicas) == ["used", "used"]


def test_a_thread_has_one_connection(servers: Servers, primary: Connections) -> None:
    """It keeps its replica, and closes the connection to it before it opens another."""
    opened: list[int] = []
    url = database_on(servers.first, servers.second).url
    replicas = Replicas(primary, url, 3600, max_age=0, on_change=opened.append)
    seen = {where(replicas) for _ in range(40)}
    assert seen == {servers.first.port, servers.second.port}
    assert sum(opened) == 1
    assert opened.count(1) == 40
    replicas.close()
    assert sum(opened) == 0


def test_data_that_are_too_old_are_passed_over(servers: Servers, replicate: Replicate) -> None:
    """Also those that have not been measured for a while; once they are new, they are used."""
    replicas = replicate(servers.first, max_lag=1)
    until(lambda: where(replicas) == servers.first.port)
    servers.first.configure(recovery_min_apply_delay="1h")
    until(lambda: where(replicas) == servers.primary.port)
    assert states(replicas) == ["too old"]
    recover(servers.first)
    until(lambda: where(replicas) == servers.first.port)


def test_the_data_of_an_idle_primary_are_known_to_be_new(
    servers: Servers, replicate: Replicate
) -> None:
    """Nothing is written for longer than the data may be old, and no read is passed over."""
    replicas = replicate(servers.first, max_lag=2)
    until(lambda: where(replicas) == servers.first.port)
    committed = "select extract(epoch from now() - pg_last_xact_replay_timestamp())"
    oldest = 0.0
    waiting = threading.Event()
    for _ in range(30):
        assert where(replicas) == servers.first.port
        oldest = max(oldest, float(servers.first.ask(committed)[0]))
        waiting.wait(0.1)
    assert oldest < 2


def test_a_lost_replica_costs_no_read(servers: Servers, replicate: Replicate) -> None:
    """Neither do two; one that returns is used again as soon as a connection is old enough."""
    replicas = replicate(max_age=0.2)
    where(replicas)
    lose(servers.first)
    assert {where(replicas) for _ in range(20)} == {servers.second.port}
    lose(servers.second)
    assert {where(replicas) for _ in range(20)} == {servers.primary.port}
    assert states(replicas) == ["away", "away"]
    recover(servers.first)
    until(lambda: where(replicas) == servers.first.port)
    recover(servers.second)
    until(lambda: where(replicas) == servers.second.port)


def test_without_the_primary_replicas_answer(
    servers: Servers, replicate: Replicate, primary: Connections
) -> None:
    """Whatever the age of their data: there are no newer ones. All others fail."""
    replicas = replicate(max_lag=1)
    until(lambda: where(replicas) != servers.primary.port)
    lose(servers.primary)
    waiting = threading.Event()
    for _ in range(15):
        assert where(replicas) != servers.primary.port
        waiting.wait(0.1)
    assert set(states(replicas)) == {"too old"}
    with pytest.raises(RepositoryUnavailableError):
        replicas.write(lambda each: each.run(WHERE))
    recover(servers.primary)
    until(lambda: not primary.is_away)
    assert replicas.write(lambda each: each.run(WHERE)) == [(servers.primary.port,)]


def test_without_any_server_reads_fail(servers: Servers, replicate: Replicate) -> None:
    """As they do without replicas."""
    replicas = replicate(servers.first)
    lose(servers.first)
    lose(servers.primary)
    for _ in range(3):
        with pytest.raises(RepositoryUnavailableError, match=r"refused|known to be down"):
            where(replicas)


def test_a_frozen_replica_is_found_out_once(
    servers: Servers, replicate: Replicate, caplog: pytest.LogCaptureFixture
) -> None:
    """The primary answers the reads that wait for it, and later ones do not wait."""
    replicas = replicate(servers.first)
    where(replicas)
    freeze(servers.first)
    assert where(replicas) == servers.primary.port
    (replica,) = replicas
    assert replica.is_away
    assert {where(replicas) for _ in range(20)} == {servers.primary.port}
    assert set(in_threads(replicas, 4)) == {servers.primary.port}
    thaw(servers.first)
    until(lambda: where(replicas) == servers.first.port)
    name = f"the replica 127.0.0.1:{servers.first.port}"
    lost = f"{name} cannot answer: the server accepts statements but does not answer"
    assert caplog.messages == [lost, f"{name} answers again"]


def test_a_slow_search_is_not_taken_for_a_frozen_replica(
    servers: Servers, replicate: Replicate
) -> None:
    """It accepts other connections, so it is waited for; its own timeout counts."""
    replicas = replicate(servers.first)

    def sleep(seconds: float) -> object:
        return replicas.read(
            lambda each: each.run(
                "select inet_server_port(), pg_sleep(%(seconds)s)::text", {"seconds": seconds}
            )
        )

    assert sleep(1.2) == [(servers.first.port, "")]
    with pytest.raises(RepositoryTimeoutError, match="statement timeout"):
        sleep(60)
    assert where(replicas) == servers.first.port


def test_the_primary_answers_what_a_replica_cancels(servers: Servers, replicate: Replicate) -> None:
    """Changes that a search on a standby disturbs cancel it (a recovery conflict)."""
    servers.first.configure(max_standby_streaming_delay="0")
    replicas = replicate(servers.first)
    where(replicas)
    is_asleep = (
        "select count(*) from pg_stat_activity where application_name = 'rentomatic' "
        "and wait_event = 'PgSleep'"
    )
    slow = (
        "select inet_server_port(), count(*), "
        "pg_sleep(case when pg_is_in_recovery() then 60 else 0 end)::text from room"
    )

    def read() -> object:
        try:
            return replicas.read(lambda each: each.run(slow))
        finally:
            replicas.leave()

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(read)
        until(lambda: servers.first.ask(is_asleep) == [1])
        with psycopg.connect(servers.primary.database.url) as connection:
            connection.execute("lock table room in access exclusive mode")
        assert answer.result() == [(servers.primary.port, 4, "")]
    servers.first.configure(max_standby_streaming_delay="30s")


def test_the_primary_is_no_replica(servers: Servers, replicate: Replicate) -> None:
    """A URL may list all servers: the one that is the primary is passed over."""
    replicas = replicate(*servers)
    assert states(replicas) == ["primary", "used", "used"]
    assert set(in_threads(replicas, 20)) == {servers.first.port, servers.second.port}


def test_a_url_may_let_the_primary_answer(servers: Servers, primary: Connections) -> None:
    """Its target_session_attrs counts."""
    url = database_on(servers.primary, query="target_session_attrs=any").url
    replicas = Replicas(primary, url, 1)
    assert states(replicas) == ["used"]
    replicas.close()


def test_each_server_has_its_connections() -> None:
    """Names, addresses and ports are split as libpq does; the rest of the URL is for all."""
    url = "postgresql://clerk@a:1,b:2/rooms?connect_timeout=5"
    split = [conninfo_to_dict(each) for each in each_server(url)]
    common = {"user": "clerk", "dbname": "rooms", "connect_timeout": "5"}
    assert split == [common | {"host": "a", "port": "1"}, common | {"host": "b", "port": "2"}]
    (only,) = each_server("postgresql://a/rooms")
    assert conninfo_to_dict(only) == {"host": "a", "dbname": "rooms"}
    shared = [conninfo_to_dict(each) for each in each_server("postgresql:///r?host=a,b&port=3")]
    assert [(each["host"], each["port"]) for each in shared] == [("a", "3"), ("b", "3")]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (
            "postgresql:///r?host=a,b,c&port=1,2",
            "not valid: could not match 2 port numbers to 3 hosts",
        ),
        (f"postgresql://{','.join('h' * 17)}/r", "at most 16 hosts, not 17"),
        ("postgresql://a/r?nonsense=1", "not valid"),
    ],
)
def test_a_url_that_cannot_be_split_is_refused(url: str, problem: str) -> None:
    """It says what would be right."""
    with pytest.raises(ConfigError, match=f"^RENTOMATIC_READ_DATABASE_URL .*{problem}"):
        each_server(url)
