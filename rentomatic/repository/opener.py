"""Opening connections: with our settings, to a usable session."""

import os
import threading
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from rentomatic.config import ConfigError
from rentomatic.repository.connection import Connection
from rentomatic.repository.interface import RepositoryUnfitError
from rentomatic.repository.plans import CUSTOM_PLANS
from rentomatic.repository.pooling import Wanted, check_session, shares_sessions
from rentomatic.repository.refusals import reason_of, refusal_of

# After which an attempt to connect is abandoned.
CONNECT_SECONDS = 3
# How long to wait for an answer, beyond the statement timeout.
ANSWER_SECONDS = 0.5


class Opener:
    """Opens connections to one database; safe to share between threads.

    Args:
        conninfo, statement_timeout, changes_kept: as in Connections.

    Attributes:
        wanted: the settings of each session.
        patience: seconds to wait for an answer; None for no limit.
        refusal: why the last attempt found the database unusable; empty if it did not.

    Raises:
        ConfigError: for a URL that libpq cannot parse.
    """

    def __init__(
        self, conninfo: str, *, statement_timeout: float, changes_kept: int | None
    ) -> None:
        milliseconds = int(statement_timeout * 1000)
        try:
            given = conninfo_to_dict(conninfo)
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
        self.refusal = ""
        self._arguments: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
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
        self._is_pooling_known = False

    def open(self) -> Connection:
        """Open a connection with a usable session.

        Raises:
            psycopg.Error: if that is not possible now.
            RepositoryUnfitError: if it is not possible until the configuration is fixed.
        """
        try:
            connection = self._checked(self._unchecked())
        except RepositoryUnfitError as error:
            self.refusal = str(error)
            raise
        except psycopg.Error as error:
            refusal = refusal_of(error)
            if not isinstance(refusal, RepositoryUnfitError):
                raise
            self.refusal = str(refusal)
            raise refusal from error
        self.refusal = ""
        return connection

    def distrust(self) -> None:
        """Check the pooler again with the next connection: its configuration may have changed."""
        self._is_pooling_known = False

    def _unchecked(self) -> Connection:
        connection = Connection.connect(autocommit=True, **self._arguments)
        connection.patience = self.patience
        return connection

    def _checked(self, connection: Connection) -> Connection:
        try:
            if check_session(connection, self.wanted):
                self._check_pooling()
            else:
                connection.owns_session = not self.wanted.overrides(CUSTOM_PLANS)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_pooling(self) -> None:
        with self._pooling:
            if not self._is_pooling_known:
                shares_sessions(self._unchecked)
                self._is_pooling_known = True
