"""Applications that the tests of HTTP share."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Limits, Stores
from tests.http import batches
from tests.http.writing import TOKENS


@pytest.fixture
def writable(postgres_embedded: PostgresRepo, rooms: list[Room]) -> TestApp:
    """The application over PostgreSQL with the book's rooms and two tokens."""
    postgres_embedded.save(rooms)
    application = Application(Stores(postgres_embedded), tokens=TOKENS)
    return TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


@pytest.fixture
def batch_client(empty_rooms: PostgresDatabase, rooms: list[Room]) -> Iterator[TestApp]:
    """The application over an empty database, with the book's rooms."""
    with closing(Connections(empty_rooms.url)) as connections:
        repository = PostgresRepo(connections)
        repository.save(rooms)
        application = Application(
            Stores(
                repository,
                changes=PostgresChanges(connections),
                idempotency=PostgresIdempotency(connections, PostgresRepo(connections)),
            ),
            Limits(batch_bytes=batches.MOST),
            tokens=batches.TOKENS,
        )
        # It does not end bodies.
        environ = {"SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input_terminated": "1"}
        yield TestApp(application, extra_environ=environ, lint=False)
