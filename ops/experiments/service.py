"""The service on an embedded PostgreSQL server; both are removed at the end."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import psycopg
from testbed.processes import free_port
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster, embedded_cluster
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.resources import shipped
from rentomatic.tokens import new_token, token_line

# If one of them is off, PostgreSQL may lose acknowledged writes in a crash.
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


@dataclass(frozen=True, slots=True)
class Service:
    """A running service.

    Attributes:
        cluster: its PostgreSQL server, the primary if there are several.
        address: where it answers, HOST:PORT.
        token: a token for writes.
        process: the id of gunicorn's main process.
    """

    cluster: Cluster
    address: str
    token: str
    process: int

    def durability(self) -> dict[str, str]:
        """Return the database's settings that protect acknowledged writes."""
        with psycopg.connect(self.cluster.database.url) as connection:
            found = connection.execute(
                "select name, setting from pg_settings where name = any(%s)", [list(DURABLE)]
            )
            return dict(found.fetchall())

    def is_ready(self) -> bool:
        """Whether it and its database are ready."""
        return is_ready(self.address)


def is_ready(address: str) -> bool:
    """Whether the service at HOST:PORT and its database are ready."""
    with suppress(OSError):
        connection = HTTPConnection(address)
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == HTTPStatus.OK
    return False


@contextmanager
def local_service() -> Iterator[Service]:
    """Run gunicorn as in production, on an empty database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Readable by all: the server may run as another account.
        folder.chmod(0o755)
        with embedded_cluster(folder / "data") as cluster:
            create_database(cluster.database)
            apply_migrations(cluster.database.url)
            with service_on(cluster, cluster.database) as service:
                yield service


@contextmanager
def service_on(cluster: Cluster, database: PostgresDatabase) -> Iterator[Service]:
    """Run gunicorn as in production, on a migrated database."""
    address = f"127.0.0.1:{free_port()}"
    token = new_token()
    variables = {
        "DATABASE_URL": database.url,
        "RENTOMATIC_TOKENS": token_line("chaos", token),
        "RENTOMATIC_PUBLIC_URL": f"http://{address}",
    }
    with gunicorn(address, variables) as process:
        service = Service(cluster, address, token, process)
        until(service.is_ready)
        yield service


@contextmanager
def gunicorn(address: str, variables: Mapping[str, str]) -> Iterator[int]:
    """Run gunicorn as in production; yield the id of its main process."""
    command = ["-m", "gunicorn", "--config", str(shipped("ops") / "gunicorn.conf.py")]
    with subprocess.Popen(
        [sys.executable, *command, "--bind", address],
        env=os.environ | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process.pid
        finally:
            process.terminate()
