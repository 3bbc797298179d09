"""What the tests of repositories share."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.repository.connections import Connections


@pytest.fixture
def connection(embedded_rooms: PostgresDatabase) -> Iterator[psycopg.Connection[Any]]:
    """A connection beside the repository's, as a DBA has."""
    with psycopg.connect(embedded_rooms.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def connections(embedded_rooms: PostgresDatabase) -> Iterator[Connections]:
    """The connections of a repository."""
    with closing(Connections(embedded_rooms.url)) as connections:
        yield connections
