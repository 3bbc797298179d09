"""The composition root: settings in, application out."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rentomatic.config import PostgresDatabase, Settings, read_settings
from rentomatic.embedded.cluster import embedded_cluster
from rentomatic.environment import forget_libpq
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.postgressearches import PostgresSearches
from rentomatic.repository.postgresuploads import PostgresUploads
from rentomatic.repository.replicas import Replicas
from rentomatic.resources import how_to_install, release
from rentomatic.slots import ThreadShares
from rentomatic.variables import NO_KEY, ConfigError
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Limits, Stores, Webhooks

if TYPE_CHECKING:
    from rentomatic.metrics import Metrics
    from rentomatic.notifying.notifier import Notifier


def build_application(environ: Mapping[str, str]) -> Application:
    """Build the WSGI application; it connects to nothing before the first request.

    Raises:
        ConfigError: for unusable settings.
    """
    settings = read_settings(environ)
    counts = _metrics() if settings.has_metrics else None
    shares = ThreadShares(settings.threads)
    return Application(
        build_stores(settings, counts, shares),
        Limits(settings.default_limit, settings.max_batch_bytes, shares.batches),
        tokens=settings.tokens,
        release=release(),
        rent=settings.rent,
        tiles=settings.tiles,
        public_url=settings.public_url,
        metrics=counts,
        webhooks=Webhooks(settings.sealer, settings.reachable),
    )


def _metrics() -> "Metrics":
    # Only workers may import prometheus_client, which chooses the folder of its files on import.
    from rentomatic.metrics import metrics  # noqa: PLC0415

    return metrics()


def build_stores(
    settings: Settings, counts: "Metrics | None" = None, shares: ThreadShares | None = None
) -> Stores:
    """Build the stores that the settings name, for a long-running service."""
    if settings.mongodb_url:
        return Stores(_mongo_repository(settings.mongodb_url))
    if settings.postgres is None:
        raise ConfigError("no database is configured: set DATABASE_URL, or start with ops/serve")
    shares = shares or ThreadShares(settings.threads)
    connections = Connections(
        settings.postgres.url,
        counts.count_connections if counts else lambda _change: None,
        changes_kept=settings.changes_kept,
        writes=shares.writes,
        on_unconfirmed=counts.count_unconfirmed if counts else lambda _change: None,
    )
    repository = PostgresRepo(connections, shares.streams, shares.searches)
    stores = Stores(
        repository,
        PostgresChanges(connections),
        PostgresIdempotency(connections, repository),
        PostgresUploads(connections),
        PostgresSearches(connections),
    )
    if not settings.read_url:
        return stores
    replicas = Replicas(
        connections,
        settings.read_url,
        settings.max_lag,
        on_change=counts.count_replica_connections if counts else lambda _change: None,
        on_pass=counts.count_passed_reads if counts else lambda: None,
    )
    copies = PostgresRepo(replicas, shares.streams, shares.searches)
    return replace(stores, copies=copies, replicas=replicas.states)


def _mongo_repository(url: str) -> RoomRepository:
    # Imported here because pymongo is an extra.
    try:
        from rentomatic.repository.mongorepo import MongoRepo, connect  # noqa: PLC0415
    except ModuleNotFoundError:
        raise ConfigError(f"MONGODB_URL needs pymongo: {how_to_install('mongo')}") from None
    try:
        return MongoRepo(connect(url))
    except ValueError as error:
        raise ConfigError(f"MONGODB_URL cannot be used: {error}") from None


@contextmanager
def open_postgres(settings: Settings, *, prepare: bool = True) -> Iterator[PostgresDatabase]:
    """Yield the configured database, or the embedded one, which runs as long as the context.

    `prepare` creates the embedded database, and migrates it if that was never done: what was
    rolled back stays so.

    Raises:
        ConfigError: when MongoDB is configured.
    """
    if settings.mongodb_url:
        raise ConfigError("this needs PostgreSQL, but MONGODB_URL selects MongoDB")
    if settings.postgres:
        yield settings.postgres
        return
    forget_libpq(os.environ)
    with embedded_cluster(settings.data) as cluster:
        if prepare:
            create_database(cluster.database)
            apply_migrations(cluster.database.url, only_first=True)
        yield cluster.database


@contextmanager
def open_searches(settings: Settings) -> Iterator[PostgresSearches]:
    """Yield the saved searches, for a command.

    Raises:
        ConfigError: when MongoDB is configured.
    """
    with (
        open_postgres(settings) as database,
        closing(Connections(database.url, changes_kept=settings.changes_kept)) as connections,
    ):
        yield PostgresSearches(connections)


@contextmanager
def open_notifier(settings: Settings) -> Iterator["Notifier"]:
    """Yield what notifies the webhooks of saved searches.

    Raises:
        ConfigError: without a key, or when MongoDB is configured.
    """
    # Imported here, because the service does not need them.
    from rentomatic.notifying.notifier import Notifier  # noqa: PLC0415
    from rentomatic.notifying.sending import Sender  # noqa: PLC0415

    if settings.sealer is None:
        raise ConfigError(NO_KEY)
    sender = Sender(settings.sealer, settings.reachable)
    with (
        open_postgres(settings) as database,
        closing(
            Connections(database.url, statement_timeout=30.0, changes_kept=settings.changes_kept)
        ) as connections,
    ):
        yield Notifier(database.url, connections, sender.send)


@contextmanager
def open_repository(settings: Settings) -> Iterator[RoomRepository]:
    """Yield the service's repository, for a command: statements have no time-out."""
    if settings.mongodb_url:
        yield _mongo_repository(settings.mongodb_url)
        return
    with (
        open_postgres(settings) as database,
        closing(
            Connections(database.url, statement_timeout=0, changes_kept=settings.changes_kept)
        ) as connections,
    ):
        yield PostgresRepo(connections)
