"""A replica: a standby that answers reads while its data are new enough."""

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rentomatic.repository.connection import DOUBT_SECONDS, Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.heartbeat import Heartbeat
from rentomatic.repository.hosts import Hosts, address_of
from rentomatic.repository.outage import MAX_REPLICAS, Label
from rentomatic.repository.refusals import reason_of
from rentomatic.repository.results import AWAY, PRIMARY, TOO_OLD, USED, ReplicaState
from rentomatic.repository.statement import load
from rentomatic.variables import READ_URL, ConfigError

T = TypeVar("T")

# How long a replica that must not answer is left alone.
PASS_SECONDS = 0.5
# How long a check waits for a heartbeat to arrive at an idle replica, and how often it looks.
_HEARTBEAT_SECONDS = 0.5
_LOOK_SECONDS = 0.02


class PassedOverError(RepositoryUnavailableError):
    """A replica must not answer now: its data are too old, or it is the primary."""


class Replica(Connections):
    """The connections to one replica.

    The age of its data is measured on each connection. It grows by a second per second at most,
    so the next measurement is due before it could exceed the limit, and not at each read.

    Args:
        url: of one server.
        number: its place among the replicas, from 1.
        max_lag: the greatest age of its data, in seconds.
        heartbeat: of the primary. While that is away, there are no newer data, and any age will do.
        on_change: as in Connections.
        statement_timeout: as in Connections.

    Attributes:
        address: host and port, for logs and operators.
    """

    def __init__(  # noqa: PLR0913 - as Connections, and what a replica needs
        self,
        url: str,
        number: int,
        *,
        max_lag: float,
        heartbeat: Heartbeat,
        on_change: Callable[[int], None] = lambda _change: None,
        statement_timeout: float = 4.0,
    ) -> None:
        given = conninfo_to_dict(url)
        # The primary has a pool of its own.
        self._wants_standby = "target_session_attrs" not in given
        self.address = address_of(Hosts(given).servers[0])
        super().__init__(
            make_conninfo(
                url, **{name: each for name, each in _DEFAULTS.items() if name not in given}
            ),
            on_change,
            statement_timeout=statement_timeout,
            label=Label.of_replica(self.address, number),
        )
        self.number = number
        self._max_lag = max_lag
        self._heartbeat = heartbeat
        self._age = load("replica_age")
        self._passed_until = -math.inf

    @property
    def is_usable(self) -> bool:
        """Whether it is not known to be away, too old or the primary."""
        is_passed = time.monotonic() < self._passed_until and not self._heartbeat.has_stopped
        return not (self.is_away or is_passed)

    def read_fresh(self, work: Callable[[Connection], T]) -> T:
        """Do read-only work, unless the data are too old.

        Raises:
            PassedOverError: if they are, or the server is not a standby.
        """
        return self.read(lambda connection: work(self._measured(connection)))

    def state(self) -> ReplicaState:
        """Measure it now; for up to half a second, wait until a heartbeat arrives."""
        deadline = time.monotonic() + _HEARTBEAT_SECONDS
        while True:
            try:
                is_standby, age = self.read(self._measure)
            except RepositoryUnavailableError as reason:
                return ReplicaState(self.number, AWAY, problem=str(reason))
            if problem := self._problem(is_standby, age):
                self._heartbeat.wanted()
                if is_standby and time.monotonic() < deadline:
                    time.sleep(_LOOK_SECONDS)
                    continue
                state = TOO_OLD if is_standby else PRIMARY
                return ReplicaState(self.number, state, _known(age), problem)
            return ReplicaState(self.number, USED, _known(age))

    def _measured(self, connection: Connection) -> Connection:
        now = time.monotonic()
        if now < connection.measure_at:
            return connection
        is_standby, age = self._measure(connection)
        if age > self._max_lag / 2:
            self._heartbeat.wanted()
        if self._heartbeat.has_stopped:
            return connection
        if problem := self._problem(is_standby, age):
            self._passed_until = now + PASS_SECONDS
            raise PassedOverError(f"{self._name}: {problem}")
        connection.measure_at = now + (self._max_lag - age) / 2
        return connection

    def _measure(self, connection: Connection) -> tuple[bool, float]:
        ((is_standby, age),) = connection.run(self._age.text())
        if not is_standby:
            return False, 0.0
        # The clock of a replica may be behind the primary's.
        return True, math.inf if age is None else max(0.0, age)

    def _problem(self, is_standby: bool, age: float) -> str:  # noqa: FBT001 - as measured
        """Return why it must not answer; an empty string if it may."""
        if self._wants_standby and not is_standby:
            return "it is the primary, not a standby"
        if age > self._max_lag:
            known = "of an unknown age" if age == math.inf else f"{age:.1f} s old"
            return f"its data are {known}, more than {self._max_lag:.0f} s"
        return ""

    def _inspect(self, connection: Connection) -> None:
        connection.is_alive = self._is_alive

    def _is_alive(self) -> bool:
        """Return whether the server accepts another connection in a moment: it is not frozen."""
        accepted = threading.Event()

        def ask() -> None:
            if self._opener.probe(self._opener.servers[0]):
                accepted.set()

        threading.Thread(target=ask, name="replica-probe", daemon=True).start()
        return accepted.wait(DOUBT_SECONDS)


def _known(age: float) -> float | None:
    return None if age == math.inf else age


# The least connect_timeout that libpq knows; the addresses of one name are tried in any order.
_DEFAULTS: Mapping[str, str | int] = {
    "target_session_attrs": "any",
    "load_balance_hosts": "random",
    "connect_timeout": 2,
}


def each_server(url: str) -> list[str]:
    """Split a URL into one for each server.

    Raises:
        ConfigError: for a URL that libpq cannot read, or with too many servers.
    """
    try:
        servers = Hosts(conninfo_to_dict(url), READ_URL).servers
    except psycopg.ProgrammingError as error:
        raise ConfigError(f"{READ_URL} is not valid: {reason_of(error)}") from None
    if len(servers) > MAX_REPLICAS:
        raise ConfigError(f"{READ_URL} must have at most {MAX_REPLICAS} hosts, not {len(servers)}")
    return [make_conninfo(url, **each) for each in servers]
