"""A real nginx with the files of ops/nginx, in front of a real gunicorn and PostgreSQL."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from testbed.nginx import NGINX, place, running

from rentomatic.config import PostgresDatabase
from rentomatic.demo import demo_rooms
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from tests.ops.nginx.site import Site, served


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    if not NGINX:
        pytest.skip("nginx is not installed")


@pytest.fixture(scope="session")
def rooms_database(embedded: Cluster) -> PostgresDatabase:
    """A database with the demo's rooms."""
    database = embedded.database_named("nginx")
    create_database(database)
    apply_migrations(database.url)
    with closing(Connections(database.url)) as connections:
        PostgresRepo(connections).save(list(demo_rooms()))
    return database


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of a unix socket has at most about 100 characters."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="session")
def site(rooms_database: PostgresDatabase, folder: Path) -> Iterator[Site]:
    """The whole site."""
    service = folder / "rentomatic.sock"
    (folder / "nginx").mkdir()
    with (
        served(rooms_database, service) as gunicorn,
        running(place(folder / "nginx", service)) as proxy,
    ):
        yield Site(proxy, gunicorn, rooms_database)


@pytest.fixture
def away(site: Site, tmp_path: Path) -> Iterator[Site]:
    """A site whose service is not running."""
    with running(place(tmp_path, tmp_path / "nobody.sock")) as proxy:
        yield replace(site, proxy=proxy)
