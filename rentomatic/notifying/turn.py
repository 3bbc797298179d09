"""Whose turn it is: of several processes one at a time notifies."""

from contextlib import suppress

import psycopg

from rentomatic.repository.connection import Connection
from rentomatic.repository.opener import Opener
from rentomatic.repository.pooling import check_own_session

# Names the lock; any number that nothing else in the database uses.
_LOCK = 0x6E6F74696679
_TAKE = f"select pg_try_advisory_lock({_LOCK})"
_CHECK = "select 1"


class Turn:
    """An advisory lock of a session of its own: if the session ends, the lock is free."""

    def __init__(self, conninfo: str) -> None:
        self._opener = Opener(conninfo, statement_timeout=4.0, changes_kept=None)
        self._connection: Connection | None = None

    def take(self) -> bool:
        """Take the lock if it is free.

        Raises:
            psycopg.Error: if the database cannot answer now.
            RepositoryUnfitError: behind a pooler that shares sessions.
        """
        if self._connection is None:
            connection = self._opener.open()
            # A pooler may give the session, and so the lock, to another client.
            check_own_session(connection, self._opener.open)
            self._connection = connection
        try:
            ((is_ours,),) = self._connection.execute(_TAKE).fetchall()
        except psycopg.Error:
            self.leave()
            raise
        return bool(is_ours)

    def is_held(self) -> bool:
        """Return whether the session, and so the lock, still exists."""
        if self._connection is None:
            return False
        with suppress(psycopg.Error):
            self._connection.execute(_CHECK)
            return True
        return False

    def leave(self) -> None:
        """Release the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
