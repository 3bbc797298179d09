"""How connections are opened: with our settings, to a session that may be used."""

import os
import threading
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from rentomatic.config import ConfigError
from rentomatic.repository.connection import Connection
from rentomatic.repository.interface import RepositoryUnfitError
from rentomatic.repository.pooling import Wanted, check_session, find_pooling
from rentomatic.repository.refusals import reason_of, refusal_of

# How much longer than a statement may take its answer is waited for.
ANSWER_SECONDS = 0.5


class Opener:
    """Opens connections to one database; safe to share between threads.

    Args:
        conninfo: a libpq URL or connection string; what it sets overrides what is set here.
        connect_timeout: seconds until an attempt to connect is given up.
        statement_timeout: seconds until a statement is given up; 0 for never.
        changes_kept: days after which what these connections write removes older changes; None
            for as many as can be asked for.

    Attributes:
        wanted: the settings of each session.
        patience: seconds that an answer is waited for; None for any number.
        refusal: why the database must not be used, since the last attempt; empty if it may.

    Raises:
        ConfigError: for a URL that libpq cannot read.
    """

    def __init__(
        self,
        conninfo: str,
        *,
        connect_timeout: int,
        statement_timeout: float,
        changes_kept: int | None,
    ) -> None:
        milliseconds = int(statement_timeout * 1000)
        try:
            given = conninfo_to_dict(conninfo)
        except psycopg.ProgrammingError as error:
            msg = f"the database's URL cannot be read: {reason_of(error)}"
            raise ConfigError(msg) from None
        settings = {
            # A prepared statement's generic plan would not know which filters are selective.
            "plan_cache_mode": "force_custom_plan",
            # Streams are read to their end.
            "cursor_tuple_fraction": 1,
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds and 10_000,
            "jit": "off",
            # To start workers takes longer than most searches.
            "max_parallel_workers_per_gather": 0,
            "timezone": "UTC",
            **({"rentomatic.changes_kept": changes_kept} if changes_kept else {}),
        }
        # As libpq takes them where the URL has none.
        options = given.get("options") or os.environ.get("PGOPTIONS") or ""
        self.wanted = Wanted(settings, str(options))
        self.patience = statement_timeout + ANSWER_SECONDS if statement_timeout else None
        self.refusal = ""
        self._arguments: dict[str, Any] = {
            "connect_timeout": connect_timeout,
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
        """Open a connection whose session may be used.

        Raises:
            psycopg.Error: when there is none now.
            RepositoryUnfitError: when there is none until somebody mends something.
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
        """Look at the pooler again with the next connection: it may have been set up anew."""
        self._is_pooling_known = False

    def _unchecked(self) -> Connection:
        connection = Connection.connect(autocommit=True, **self._arguments)
        connection.patience = self.patience
        return connection

    def _checked(self, connection: Connection) -> Connection:
        try:
            if check_session(connection, self.wanted):
                self._check_pooling()
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_pooling(self) -> None:
        with self._pooling:
            if not self._is_pooling_known:
                find_pooling(self._unchecked)
                self._is_pooling_known = True
