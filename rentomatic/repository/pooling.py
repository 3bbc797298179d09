"""Checks whether a new PostgreSQL session is usable: its settings, its encoding, and a pooler."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import psycopg
from psycopg import errors, sql

from rentomatic.repository.connection import Statements
from rentomatic.repository.errors import RepositoryUnfitError

AnyConnection = psycopg.Connection[Any]

ENCODING = "UTF8"

# Settings that affect answers and limits; the others only affect speed.
_VITAL = ("plan_cache_mode", "statement_timeout", "timezone", "rentomatic.changes_kept")
_MILLISECONDS = "extract(epoch from current_setting('statement_timeout')::interval)::float8 * 1000"

# How often each of two connections queries which session it has.
_ROUNDS = 4
# Errors of a session that does not know a statement, or has another one with that name.
_MIXED = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement)

UNTRACKED = (
    "a pooler shares sessions between connections and does not track prepared statements; "
    "set its max_prepared_statements (PgBouncer 1.21 or later) or pool_mode=session, "
    "or connect to PostgreSQL directly"
)
UNTRANSACTED = (
    "a pooler allows no transactions (pool_mode=statement); set pool_mode=session, "
    "or pool_mode=transaction and max_prepared_statements, or connect to PostgreSQL directly"
)
SHARED = (
    "migrations need a session of their own, and a pooler shares this one; set DATABASE_URL to "
    "PostgreSQL itself for `rentomatic migrate` and `yoyo apply`"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The settings that a session must have.

    Attributes:
        settings: names and values; a statement_timeout of 0 is not checked, because commands set it
            in each transaction.
        given: the `options` of the URL, which override them.
    """

    settings: Mapping[str, object]
    given: str = ""

    @property
    def options(self) -> str:
        """The settings in libpq's format, without a trailing space, which PgBouncer rejects."""
        options = [f"-c {name}={value}" for name, value in self.settings.items()]
        return " ".join([*options, self.given]).strip()

    def vital(self) -> dict[str, str]:
        """Return the settings to verify, and their values."""
        return {
            name: str(self.settings[name])
            for name in _VITAL
            if self.settings.get(name) and not self.overrides([name])
        }

    def overrides(self, names: Iterable[str]) -> bool:
        """Return whether the options of the URL set any of these."""
        given = self.given.casefold()
        return any(name in given for name in names)


def check_encoding(connection: AnyConnection) -> None:
    """Refuse a database whose encoding is not UTF-8, without a query.

    Raises:
        RepositoryUnfitError: for any other encoding.
    """
    found = (connection.pgconn.parameter_status(b"server_encoding") or b"").decode()
    if found != ENCODING:
        raise RepositoryUnfitError(
            f"the database {connection.info.dbname} has the encoding {found}, not {ENCODING}; "
            "name a new one in DATABASE_URL, create it with `rentomatic init-postgres`, and copy "
            "the rooms there"
        )


def check_session(connection: AnyConnection, wanted: Wanted) -> bool:
    """Verify the settings of a new session, in one round trip.

    Returns:
        whether there is a pooler: the session's process is not the one that accepted us.

    Raises:
        RepositoryUnfitError: if settings are missing.
    """
    check_encoding(connection)
    vital = wanted.vital()
    columns = [
        _MILLISECONDS if name == "statement_timeout" else f"current_setting('{name}', true)"
        for name in vital
    ]
    query = f"select {', '.join(['pg_backend_pid()', *columns])}"
    ((process, *values),) = connection.execute(query.encode(), prepare=False).fetchall()
    found = dict(zip(vital, values, strict=True))
    wrong = [
        f"{name} is {_shown(found[name])}, not {value}"
        for name, value in vital.items()
        if _shown(found[name]).casefold() != value.casefold()
    ]
    if wrong:
        raise RepositoryUnfitError(
            f"a pooler has dropped the session's settings: {'; '.join(wrong)}; "
            f"set them for the role: {_alter(connection, vital)}"
        )
    return bool(process != connection.info.backend_pid)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}"
    return "not set" if value is None else str(value)


def _alter(connection: AnyConnection, vital: Mapping[str, str]) -> str:
    info = connection.info
    role, database = (sql.Identifier(name).as_string() for name in (info.user, info.dbname))
    return " ".join(
        f"alter role {role} in database {database} set {name} to '{value}';"
        for name, value in vital.items()
    )


def check_own_session(connection: AnyConnection, connect: Callable[[], AnyConnection]) -> None:
    """Refuse a session that a pooler shares, because locks and settings would stay in it.

    Raises:
        RepositoryUnfitError: for such a session.
    """
    ((process,),) = connection.execute("select pg_backend_pid()").fetchall()
    if process != connection.info.backend_pid and shares_sessions(connect):
        raise RepositoryUnfitError(SHARED)


def shares_sessions(connect: Callable[[], AnyConnection]) -> bool:
    """Return whether a pooler may use another session for each transaction.

    Two connections prepare a different statement under the same name, and query repeatedly which
    session they have. A pooler that tracks statements runs the right one for each. One that does
    not is detected as soon as one session serves both connections, or a connection gets another.

    Raises:
        RepositoryUnfitError: if statements get mixed up, or transactions are not allowed.
    """
    prefix = f"rentomatic_probe_{token_hex(8)}_"
    seen: dict[str, set[int]] = {"first": set(), "second": set()}
    with ExitStack() as stack:
        connections = {name: stack.enter_context(closing(connect())) for name in seen}
        for connection in connections.values():
            connection._prepared = Statements(prefix)  # noqa: SLF001
        try:
            with connections["first"].transaction():
                pass
            # Twice each, because a round-robin pool would otherwise give each its own session.
            for name in ("first", "first", "second", "second") * _ROUNDS:
                query = f"select '{name}', pg_backend_pid()"
                answer = connections[name].execute(query.encode(), prepare=True).fetchone()
                if not answer or answer[0] != name:
                    raise RepositoryUnfitError(UNTRACKED)
                seen[name].add(answer[1])
        except _MIXED:
            raise RepositoryUnfitError(UNTRACKED) from None
        except errors.ProtocolViolation:
            raise RepositoryUnfitError(UNTRANSACTED) from None
    return max(map(len, seen.values())) > 1 or bool(seen["first"] & seen["second"])
