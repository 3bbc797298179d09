"""The service and its commands with RENTOMATIC_READ_DATABASE_URL, while servers come and go."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from testbed.processes import free_port, freeze
from testbed.replication import database_on
from testbed.waiting import until

from rentomatic.cli import main
from tests.replicas.conftest import Servers, lose, recover
from tests.serving import served


class Service:
    """The service as in production.

    Attributes:
        statuses: of the searches that were sent during `under_load`.
    """

    def __init__(self, port: int, log: Path) -> None:
        self._port = port
        self._log = log
        self.statuses: Counter[int] = Counter()

    def ask(self, path: str) -> tuple[int, str]:
        """Request something; return status and body."""
        try:
            with urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def pools(self) -> Any:  # noqa: ANN401 - JSON
        """Return what it says of its pools."""
        return json.loads(self.ask("/health/ready")[1]).get("pools")

    def count(self, name: str) -> float:
        """Return a metric."""
        (value,) = re.findall(rf"^{re.escape(name)} (\S+)$", self.ask("/metrics")[1], re.MULTILINE)
        return float(value)

    def logged(self, text: str) -> int:
        """Return how many lines of its log have a text."""
        return sum(text in line for line in self._log.read_text().splitlines())

    @contextmanager
    def under_load(self) -> Iterator[None]:
        """Search all the time, from several threads."""
        is_over = threading.Event()

        def load() -> None:
            while not is_over.wait(0.01):
                self.statuses[self.ask("/rooms?limit=1")[0]] += 1

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            is_over.set()
            for thread in threads:
                thread.join()

    def answers(self, times: int = 50) -> None:
        """Wait until so many more searches were answered."""
        before = self.statuses.total()
        until(lambda: self.statuses.total() > before + times)


@pytest.fixture
def service(servers: Servers, tmp_path: Path) -> Iterator[Service]:
    """The service with both standbys."""
    port, log = free_port(), tmp_path / "log"
    settings = {
        "RENTOMATIC_READ_DATABASE_URL": database_on(servers.first, servers.second).url,
        "RENTOMATIC_MAX_LAG": "3600",
        "RENTOMATIC_METRICS": "on",
        "WEB_CONCURRENCY": "2",
    }
    with served(servers.primary.database, f"127.0.0.1:{port}", log, **settings):
        yield Service(port, log)


def test_no_search_fails_while_servers_are_lost(service: Service, servers: Servers) -> None:
    """One replica is killed, the other one freezes, they return, and the primary is killed.

    The log names each loss and return once for all workers.
    """
    with service.under_load():
        service.answers()
        assert service.pools() == {"primary": "used", "replicas": ["used", "used"]}
        lose(servers.first)
        service.answers()
        until(lambda: service.pools()["replicas"] == ["away", "used"])
        freeze(servers.second)
        until(lambda: service.pools()["replicas"] == ["away", "away"])
        service.answers()
        assert service.count("rentomatic_replica_reads_passed_total") > 0
        assert service.count('rentomatic_replica_passed_over{replica="2"}') == 1
        recover(servers.first)
        recover(servers.second)
        until(lambda: service.pools()["replicas"] == ["used", "used"])
        until(lambda: service.count("rentomatic_replica_connections") >= 1)
        assert service.count("rentomatic_database_connections") >= 1
        lose(servers.primary)
        until(lambda: service.ask("/health/ready")[0] == 503)
        service.answers()
    assert set(service.statuses) == {200}
    for each in servers[1:]:
        name = f"the replica 127.0.0.1:{each.port}"
        until(lambda name=name: service.logged(f"{name} answers again") == 1)
        assert service.logged(f"{name} cannot answer") == 1


Check = dict[str, str]


@pytest.fixture
def check(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Any:  # noqa: ANN401 - a function
    """Run `rentomatic check` with a URL of replicas; return its exit code and its lines on them."""

    def run(url: str) -> tuple[int, Check]:
        monkeypatch.setenv("DATABASE_URL", servers.primary.database.url)
        monkeypatch.setenv("RENTOMATIC_READ_DATABASE_URL", url)
        code = main(["check"])
        found = re.findall(r"^(replica \d+) +(.*)$", capfd.readouterr().out, re.MULTILINE)
        return code, dict(found)

    return run


def test_check_shows_each_replica(servers: Servers, check: Any) -> None:  # noqa: ANN401
    """Its age and connections, and what would cancel searches; the primary may be among them."""
    code, found = check(database_on(*servers).url)
    assert code == 0
    assert found["replica 1"].endswith("it is the primary, not a standby; the other ones are used")
    assert re.fullmatch(
        rf"127\.0\.0\.1:{servers.first.port}: PostgreSQL [\d.]+, \d+\.\d s behind at most, "
        r"up to 20 of 97 connections; hot_standby_feedback is off, so VACUUM on the primary "
        r"cancels searches after 30s \(max_standby_streaming_delay\)",
        found["replica 2"],
    )
    servers.second.configure(hot_standby_feedback="on")
    assert check(database_on(servers.second).url)[1]["replica 1"].endswith("of 97 connections")


def test_check_shows_replicas_while_the_primary_is_away(servers: Servers, check: Any) -> None:  # noqa: ANN401
    """They answer searches then; a URL that cannot be read is reported too."""
    lose(servers.primary)
    code, found = check(database_on(servers.first).url)
    assert code == 4
    assert " s behind at most, " in found["replica 1"]
    code, found = check("postgresql://host/database?nonsense=1")
    assert (code, found) == (1, {})


def test_check_finds_replicas_that_cannot_be_used(servers: Servers, check: Any) -> None:  # noqa: ANN401
    """Lost ones, those of another database, and a primary without standbys."""
    lose(servers.second)
    code, found = check(database_on(servers.first, servers.second, name="postgres").url)
    assert code == 4
    assert found["replica 1"].startswith("FAILED: 127.0.0.1:")
    assert found["replica 1"].endswith(
        "it is a standby of another server, or another database, than DATABASE_URL names"
    )
    assert "refused" in found["replica 2"]
    code, found = check(database_on(servers.primary).url)
    assert code == 4
    assert found["replica 1"].endswith("it is the primary, not a standby")
