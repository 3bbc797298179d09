"""The service as in production, and what it serves."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.demo import demo_rooms
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from tests.commands import CHECKOUT


def with_demo_rooms(database: PostgresDatabase) -> PostgresDatabase:
    """Create a database, migrate it and fill it with the rooms of the demo."""
    create_database(database)
    apply_migrations(database.url)
    with closing(Connections(database.url)) as connections:
        PostgresRepo(connections).save(list(demo_rooms()))
    return database


@contextmanager
def served(database: PostgresDatabase, address: str, log: Path, **variables: str) -> Iterator[int]:
    """Run the service until the end of the block; yield the id of gunicorn's main process.

    It listens where `gunicorn --bind` would, writes all its output into `log`, and has no settings
    but `variables`.
    """
    command = [sys.executable, "-m", "gunicorn", "--bind", address]
    command += ["--config", str(CHECKOUT / "ops/gunicorn.conf.py")]
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database.url} | variables
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=output, stderr=output
        ) as process,
    ):
        try:
            until(lambda: process.poll() is not None or b"Listening at" in log.read_bytes())
            assert process.poll() is None, log.read_text()
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
