"""Fixtures of the repository tests."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from tests.repository.histories import SERVERS, History, history_in


@pytest.fixture
def connection(embedded_rooms: PostgresDatabase) -> Iterator[psycopg.Connection[Any]]:
    """A separate connection, as a DBA has."""
    with psycopg.connect(embedded_rooms.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def connections(embedded_rooms: PostgresDatabase) -> Iterator[Connections]:
    """The connections of a repository."""
    with closing(Connections(embedded_rooms.url)) as connections:
        yield connections


@pytest.fixture(params=SERVERS)
def history(request: pytest.FixtureRequest) -> Iterator[History]:
    """No rooms and no history, on each server in turn; changes are kept for 30 days."""
    request.getfixturevalue(f"postgres_{request.param}")
    database = request.getfixturevalue(f"{request.param}_rooms")
    with history_in(request.getfixturevalue(request.param), database, kept=30) as history:
        yield history


@pytest.fixture
def own_history(own_cluster: Cluster) -> Iterator[History]:
    """The same on the test's own server."""
    create_database(own_cluster.database)
    apply_migrations(own_cluster.database.url)
    with history_in(own_cluster, own_cluster.database) as history:
        yield history
