"""A real nginx with the files of ops/nginx, in front of a real gunicorn and PostgreSQL."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from testbed.nginx import NGINX, place, running

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster
from tests.ops.nginx.site import Site, behind_nginx
from tests.serving import with_demo_rooms


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    if not NGINX:
        pytest.skip("nginx is not installed")


@pytest.fixture(scope="session")
def rooms_database(embedded: Cluster) -> PostgresDatabase:
    """A database with the demo's rooms, whose version only tests change."""
    database = with_demo_rooms(embedded.database_named("nginx"))
    with psycopg.connect(database.maintenance_url, autocommit=True) as connection:
        # Both would change it, and with it the tags that tests compare.
        connection.execute("alter system set autovacuum = off")
        connection.execute("alter system set checkpoint_timeout = '1h'")
        connection.execute("select pg_reload_conf()")
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
        behind_nginx(rooms_database, service) as gunicorn,
        running(place(folder / "nginx", service)) as proxy,
    ):
        yield Site(proxy, gunicorn, rooms_database)


@pytest.fixture
def away(site: Site, tmp_path: Path) -> Iterator[Site]:
    """A site whose service is not running."""
    with running(place(tmp_path, tmp_path / "nobody.sock")) as proxy:
        yield replace(site, proxy=proxy)
