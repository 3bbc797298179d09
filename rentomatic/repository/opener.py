"""Opening connections: with our settings, to a usable session."""

import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg

from rentomatic.repository.connection import Connection
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.hosts import Hosts, Server, address_of, bounded
from rentomatic.repository.plans import CUSTOM_PLANS
from rentomatic.repository.pooling import Wanted, check_session, shares_sessions
from rentomatic.repository.racing import first_success
from rentomatic.repository.refusals import reason_of, refusal_by_all, refusal_of
from rentomatic.variables import ConfigError

# How long to wait for an answer, beyond the statement timeout.
ANSWER_SECONDS = 0.5


class Opener:
    """Opens connections to one database, on one or more servers; safe to share between threads.

    Args:
        conninfo, statement_timeout, changes_kept: as in Connections.

    Attributes:
        wanted: the settings of each session.
        patience: seconds to wait for an answer; None for no limit.
        servers: the servers of the database.

    Raises:
        ConfigError: for a URL that libpq cannot parse.
    """

    def __init__(
        self, conninfo: str, *, statement_timeout: float, changes_kept: int | None
    ) -> None:
        milliseconds = int(statement_timeout * 1000)
        try:
            given = bounded(conninfo)
        except psycopg.ProgrammingError as error:
            raise ConfigError(f"the database URL is not valid: {reason_of(error)}") from None
        settings = {
            # A generic plan does not know which filters are selective.
            "plan_cache_mode": CUSTOM_PLANS["plan_cache_mode"],
            # Streams are read to their end.
            "cursor_tuple_fraction": 1,
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds and 10_000,
            "jit": "off",
            # Starting workers takes longer than most searches.
            "max_parallel_workers_per_gather": 0,
            "timezone": "UTC",
            **({"rentomatic.changes_kept": changes_kept} if changes_kept else {}),
        }
        # libpq uses PGOPTIONS if the URL has no options.
        options = given.get("options") or os.environ.get("PGOPTIONS") or ""
        self.wanted = Wanted(settings, str(options))
        self.patience = statement_timeout + ANSWER_SECONDS if statement_timeout else None
        self._hosts = Hosts(given)
        self.servers = self._hosts.servers
        self._refusals: dict[str, RepositoryUnavailableError] = {}
        self._arguments: dict[str, Any] = {
            "application_name": "rentomatic",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": milliseconds + 1000 if milliseconds else 60_000,
            # Whatever PGCLIENTENCODING says.
            "client_encoding": "utf8",
            **given,
            "options": self.wanted.options,
        }
        self._pooling = threading.Lock()
        # The servers in front of which a pooler is known to be usable.
        self._known: set[str] = set()

    def open(self) -> Connection:
        """Open a connection with a usable session, on the first server that offers one.

        Raises:
            RepositoryUnavailableError: if no server does now; RepositoryUnfitError if that lasts
                until the configuration is corrected, RepositoryStandbyError until a promotion.
        """
        attempts = [partial(self._open, server) for server in self._hosts.attempts()]
        connection = first_success(attempts, Connection.close)
        if connection is None:
            raise self.refusal()
        self._used(connection)
        return connection

    def reopen(self, connection: Connection) -> Connection:
        """Open another connection to the server of one.

        Raises:
            psycopg.Error: if that is not possible now.
            RepositoryUnfitError: if it is not possible until the configuration is corrected.
        """
        server = connection.server
        return self._checked(partial(self._connect, server), address_of(server))

    def has_moved(self, connection: Connection) -> bool:
        """Return whether another server than that of a connection has become the primary."""
        return self._hosts.is_one_right and not self._hosts.is_first(connection.server)

    def probe(self, server: Server) -> bool:
        """Return whether a server accepts connections with usable sessions."""
        connection = self._open(server)
        if connection is None:
            return False
        self._used(connection)
        connection.close()
        return True

    def refusal(self) -> RepositoryUnavailableError:
        """Return why the last attempts failed, as far as that is known."""
        return refusal_by_all(dict(self._refusals), len(self.servers))

    def forget(self) -> None:
        """Forget why the last attempts failed, as there is another reason to expect an outage."""
        self._refusals.clear()

    def distrust(self) -> None:
        """Check the pooler again with the next connection: its configuration may have changed."""
        self._known.clear()

    def _open(self, server: Server) -> Connection | None:
        """Open a connection with a usable session; remember why that failed."""
        try:
            connection = self._checked(partial(self._connect, server), address_of(server))
        except RepositoryUnavailableError as error:
            self._refusals[address_of(server)] = error
        except psycopg.Error as error:
            self._refusals[address_of(server)] = refusal_of(error)
        else:
            return connection
        return None

    def _used(self, connection: Connection) -> None:
        self._refusals.clear()
        self._hosts.answered(connection.server)

    def _connect(self, server: Server) -> Connection:
        connection = Connection.connect(autocommit=True, **{**self._arguments, **server})
        connection.patience = self.patience
        connection.server = server
        return connection

    def _checked(self, connect: Callable[[], Connection], address: str) -> Connection:
        connection = connect()
        try:
            if check_session(connection, self.wanted):
                self._check_pooling(connect, address)
            else:
                connection.owns_session = not self.wanted.overrides(CUSTOM_PLANS)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_pooling(self, connect: Callable[[], Connection], address: str) -> None:
        with self._pooling:
            if address not in self._known:
                shares_sessions(connect)
                self._known.add(address)
