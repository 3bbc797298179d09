"""Recognizing a server that accepts no writes, without a query."""

from typing import Any

import psycopg

STANDBY = (
    "the database is a standby, which accepts no writes and serves no changes; "
    "set target_session_attrs=read-write in DATABASE_URL, or name the primary there"
)
READ_ONLY = (
    "the database accepts no writes, because default_transaction_read_only is on; "
    "turn it off for the server, the database and the role, or name another server in DATABASE_URL"
)
# Where libpq or a statement does not report which of the two it is.
NO_WRITES = (
    "the server is a standby, or read-only, and accepts no writes; "
    "name the primary in DATABASE_URL, or all servers, separated by commas"
)


def why_read_only(connection: psycopg.Connection[Any]) -> str:
    """Return why writes on a connection fail, and what would be right; an empty string if not.

    The server reports both settings when it accepts a connection, and a promotion with the next
    answer (PostgreSQL manual, "Asynchronous Operations" in the chapter on its protocol).
    """
    reported = connection.pgconn.parameter_status
    if reported(b"in_hot_standby") == b"on":
        return STANDBY
    return READ_ONLY if reported(b"default_transaction_read_only") == b"on" else ""
