"""Migrations: plain SQL files in migrations/, applied by yoyo under a lock that cannot leak."""

import glob
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from typing import Any

import psycopg
from yoyo import exceptions, read_migrations
from yoyo.backends import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import Migration, default_migration_table

from rentomatic.repository.errors import (
    RepositoryStandbyError,
    RepositoryUnavailableError,
    RepositoryUnfitError,
)
from rentomatic.repository.hosts import bounded
from rentomatic.repository.pooling import check_encoding, check_own_session
from rentomatic.repository.refusals import refusal_of
from rentomatic.repository.results import Schema
from rentomatic.repository.standby import why_read_only
from rentomatic.resources import shipped

LOCK_TIMEOUT = 60
_ROLLBACK = ".rollback.sql"
# An arbitrary key for the advisory lock: "rentomat" in ASCII.
_LOCK_KEY = int.from_bytes(b"rentomat")


class LockedBackend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo has no annotations
    """yoyo's PostgreSQL backend, made safe to kill.

    yoyo locks a database with a row, which stays if yoyo is killed, and records a migration after
    the transaction that ran it. Here the lock is advisory, so it ends with its session, and a
    migration and its record are one transaction.
    """

    _is_locked: bool

    def connect(self, dburi: DatabaseURI) -> psycopg.Connection[Any]:
        """Connect to the libpq URL in the argument `conninfo`.

        Raises:
            RepositoryUnfitError: if the encoding of the database is not UTF-8.
        """
        self._conninfo: str = dburi.args["conninfo"]
        connection = self._connect()
        try:
            check_encoding(connection)
        except RepositoryUnfitError:
            connection.close()
            raise
        return connection

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(autocommit=True, **bounded(self._conninfo))

    def init_database(self) -> None:
        """Do nothing: neither the lock table nor the probe for transactional DDL is needed."""

    def copy(self) -> AbstractContextManager["LockedBackend"]:
        """Use the same connection, so that a migration's steps and its record commit together."""
        return nullcontext(self)

    @contextmanager
    def lock(self, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
        """Wait for other migrations; the lock is freed even if they are killed.

        Raises:
            LockTimeout: after `timeout` seconds.
            RepositoryUnfitError: behind a pooler that would keep the lock.
            RepositoryStandbyError: on a server that accepts no writes.
        """
        if self._is_locked:
            yield
            return
        if reason := why_read_only(self.connection):
            raise RepositoryStandbyError(reason)
        check_own_session(self.connection, self._connect)
        # A migration may take any time, whatever timeout the role has.
        self.execute("SET statement_timeout = 0")
        # During a long statement, the server notices within a second that its client was killed, on
        # platforms that support that.
        with suppress(psycopg.errors.InvalidParameterValue):
            self.execute("SET client_connection_check_interval = '1s'")
        try:
            self.execute(f"SET lock_timeout = {int(timeout * 1000)}")
            self.execute(f"SELECT pg_advisory_lock({_LOCK_KEY})")
        except psycopg.errors.LockNotAvailable:
            raise exceptions.LockTimeout(
                f"another migration has been running for {timeout} s"
            ) from None
        self._is_locked = True
        try:
            yield
        finally:
            self._is_locked = False
        # After a failure the lock ends with the connection.
        self.execute(f"SELECT pg_advisory_unlock({_LOCK_KEY})")

    def break_lock(self) -> None:
        """Do nothing: a lock never outlives its session."""

    def apply_one(self, migration: Migration, force: bool = False, mark: bool = True) -> None:  # noqa: FBT001, FBT002 - yoyo's signature
        """Apply a migration and record it."""
        with self._one_transaction(migration):
            super().apply_one(migration, force, mark)

    def rollback_one(self, migration: Migration, force: bool = False) -> None:  # noqa: FBT001, FBT002 - yoyo's signature
        """Roll back a migration and record that."""
        with self._one_transaction(migration):
            super().rollback_one(migration, force)

    def _one_transaction(self, migration: Migration) -> AbstractContextManager[object]:
        migration.load()
        # With `transactional: false` (CREATE INDEX CONCURRENTLY) it must be repeatable.
        transactional: bool = migration.use_transactions
        return self.transaction() if transactional else nullcontext()


def apply_migrations(conninfo: str, *, only_first: bool = False) -> list[str]:
    """Apply the migrations that a database lacks.

    Args:
        conninfo: a libpq URL.
        only_first: skip a database to which a migration was ever applied, even if it was rolled
            back.

    Returns:
        the names of the migrations that were applied now.

    Raises:
        RepositoryUnavailableError: if the server cannot be reached or refuses, or another migration
            takes too long; the migration that failed has no effect.
    """
    try:
        return _apply_migrations(conninfo, only_first=only_first)
    except psycopg.Error as error:
        raise refusal_of(error) from error
    except exceptions.LockTimeout as error:
        raise RepositoryUnavailableError(str(error)) from error


def _apply_migrations(conninfo: str, *, only_first: bool) -> list[str]:
    uri = DatabaseURI("rentomatic", None, None, None, None, None, {"conninfo": conninfo})
    migrations = read_migrations(glob.escape(str(shipped("migrations"))))
    with LockedBackend(uri, default_migration_table) as backend:
        # Before taking the lock, which some poolers make impossible.
        if not backend.to_apply(migrations):
            return []
        with backend.lock():
            lacking = backend.to_apply(migrations)
            if only_first and backend.execute("SELECT 1 FROM _yoyo_log LIMIT 1").fetchone():
                return []
            backend.apply_migrations(lacking)
            return [migration.id for migration in lacking]


@cache
def shipped_migrations() -> tuple[str, ...]:
    """Name the migrations of this release, in order; cached, because readiness checks need them."""
    files = sorted(shipped("migrations").glob("*.sql"))
    return tuple(file.stem for file in files if not file.name.endswith(_ROLLBACK))


def compare_schema(applied: Iterable[str]) -> Schema:
    """Compare the migrations that a database has with those of this release."""
    has, needs = set(applied), shipped_migrations()
    return Schema(
        missing=tuple(name for name in needs if name not in has),
        newer=tuple(sorted(has.difference(needs))),
        latest=max(has, default=None),
    )
