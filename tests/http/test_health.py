"""Whether the service lives and whether it can serve are two questions."""

from collections.abc import Callable
from contextlib import closing

import psycopg
from testbed.waiting import until
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores


def test_readiness_follows_the_database(
    new_database: Callable[[], PostgresDatabase],
) -> None:
    """Not before the database exists and has every migration; newer ones are only reported."""
    database = new_database()
    with closing(Connections(database.url)) as connections:
        client = TestApp(Application(Stores(PostgresRepo(connections))))
        assert client.get("/health/ready", status=503).headers["Retry-After"] == "1"
        create_database(database)
        until(lambda: "lacks" in client.get("/health/ready", status=503).text)
        message = client.get("/health/ready", status=503).json["message"]
        assert message.startswith("The database lacks 0001.create-room, ")
        apply_migrations(database.url)
        assert client.get("/health/ready").json == {"status": "ready", "newer_migrations": []}
        with psycopg.connect(database.url) as connection:
            connection.execute(
                "insert into _yoyo_migration (migration_hash, migration_id, applied_at_utc) "
                "values ('x', '9999.of-tomorrow', now())"
            )
        response = client.get("/health/ready")
        assert response.json["newer_migrations"] == ["9999.of-tomorrow"]
        assert response.headers["Cache-Control"] == "no-store"


def test_the_process_lives_whatever_the_database_does() -> None:
    """Liveness asks nothing of it."""
    with closing(Connections("postgresql:///nowhere?host=/none")) as connections:
        client = TestApp(Application(Stores(PostgresRepo(connections))))
        assert client.get("/health/live").json == {"status": "live"}
