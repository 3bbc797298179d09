"""What all tests share: real servers, repositories, rooms."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from uuid import UUID

import mongomock
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from testbed import cluster_files
from testbed.machine import why_not_here
from testbed.nginx import NGINX
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.demo import book_rooms
from rentomatic.domain.room import Room
from rentomatic.embedded.binaries import ELSEWHERE, UNPRIVILEGED, find_binaries
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.mongorepo import MongoRepo, connect
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests import npm, ogctests, poolers, qgis
from tests.browser import tools

# Tests also run, in one process, in an environment that was made before pytest-xdist was needed.
pytest_plugins = ["tests.parallel"] if find_spec("xdist") else []

# In the suite few examples, the same each time; `--hypothesis-profile=thorough` for a long look.
_ALWAYS = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
settings.register_profile("suite", max_examples=100, derandomize=True, database=None, **_ALWAYS)
settings.register_profile("thorough", max_examples=10_000, **_ALWAYS)
settings.load_profile("suite")

DISTRIBUTION = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
REPOSITORIES = [
    "memory",
    "mongomock",
    *(["mongodb"] if os.environ.get("MONGODB_URL") else []),
    "postgres_embedded",
    *(["postgres_distribution"] if DISTRIBUTION else []),
]
# The account that runs servers: PostgreSQL refuses to run as root.
SERVER_ACCOUNT = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
SERVICE_VARIABLES = ("DATABASE_URL", "APPLICATION_DB", "MONGODB_URL", "PORT", "WEB_CONCURRENCY")


def pytest_report_header() -> list[str]:
    """Report what these tests run against, and what is skipped."""
    mongodb = "a server" if "mongodb" in REPOSITORIES else "no server (MONGODB_URL is not set)"
    distribution = _server_version(DISTRIBUTION[0].parent) if DISTRIBUTION else "not installed"
    return [
        f"PostgreSQL: embedded {_server_version(find_binaries())}, distribution's {distribution}",
        f"MongoDB: mongomock {version('mongomock')}, {mongodb}",
        f"repositories: {', '.join(REPOSITORIES)}",
        f"nginx: {_installed(NGINX or 'nginx', '-v')}",
        f"git: {_installed('git', '--version')}",
        f"shellcheck: {_installed('shellcheck', '--version')}",
        f"ogrinfo: {_installed('ogrinfo', '--version')}",
        f"ogctests: {ogctests.why_missing() or ogctests.RELEASE}",
        f"QGIS: {qgis.version() or 'not installed (what needs it is skipped)'}",
        f"promtool: {_installed('promtool', '--version')}",
        f"PgBouncer: {poolers.summary()}",
        f"cluster: {cluster_files.summary()}",
        f"running as: {'root' if os.geteuid() == 0 else 'an ordinary user'}",
        f"full disk: {why_no_small_disk() or 'a small one'}",
        f"generated clients: {why_no_typescript() or 'TypeScript'}, Python",
        f"browser: {tools.browser()}",
        f"Nu Html Checker: {tools.checker()}",
        _systemd(),
    ]


# Tokens, and parts and digests of them, which are made anew in each process.
_SECRET = re.compile(r"rom_[\w-]{20,}|\b[0-9a-f]{64}\b")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name tests without secrets, so that they have the same names in each run and worker."""
    if isinstance(val, str) and _SECRET.search(val):
        return _SECRET.sub("SECRET", val)
    return None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder of embedded servers that could not be beside their data, if it is empty."""
    if not hasattr(config, "workerinput"):
        with suppress(OSError):  # it holds what an installation needs
            ELSEWHERE.rmdir()


@cache
def why_no_small_disk() -> str:
    """Return why no small disk can be mounted here; an empty string if one can."""
    command = ["unshare", "--mount", "true"]
    is_root = os.geteuid() == 0 and shutil.which(command[0])
    if is_root and not subprocess.run(command, capture_output=True, check=False).returncode:
        return ""
    return "not tried (who runs this may not mount; tests/process/test_full_disk.py skipped)"


CLIENTS = Path(__file__).parent / "process" / "clients"


def why_no_typescript() -> str:
    """Return why clients in TypeScript cannot be tried here; an empty string if they can."""
    reason = npm.why_missing(CLIENTS)
    return reason and f"TypeScript not tried ({reason})"


def _installed(program: str, *arguments: str) -> str:
    """Return the version of a program, or what is skipped without it."""
    if not shutil.which(program):
        return "not installed (what needs it is skipped)"
    result = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
    found = re.search(r"\d+(\.\d+)+", result.stdout + result.stderr)
    return found[0] if found else "of an unknown version"


def _systemd() -> str:
    if reason := why_not_here():
        return f"systemd: not here ({reason}; tests/ops/systemd skipped)"
    return "systemd: in a container; its version stands at the end"


def _server_version(binaries: Path) -> str:
    command = [binaries / "postgres", "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the settings of the person who runs the tests."""
    for name in os.environ:
        if name.startswith(("POSTGRES_", "RENTOMATIC_", "PG")) or name in SERVICE_VARIABLES:
            monkeypatch.delenv(name)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A new folder that the account of an embedded server may enter, unlike pytest's own."""
    with _open_folder() as folder:
        yield folder


class _open_folder(tempfile.TemporaryDirectory[str]):  # noqa: N801 - a context manager
    def __enter__(self) -> Path:
        folder = Path(super().__enter__())
        folder.chmod(0o755)
        return folder


@pytest.fixture(scope="session")
def embedded() -> Iterator[Cluster]:
    """A server of the PostgreSQL that the package embeds, for all tests."""
    yield from _shared(find_binaries())


@pytest.fixture(scope="session")
def distribution() -> Iterator[Cluster]:
    """A server of the PostgreSQL that the distribution ships, for all tests."""
    yield from _shared(DISTRIBUTION[0].parent)


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A server of the test's own, which it may crash."""
    yield from _running(find_binaries())


def _shared(binaries: Path) -> Iterator[Cluster]:
    """Run a server that never waits for its disk: its files are not needed after the tests."""
    for cluster in _running(binaries):
        with psycopg.connect(cluster.database.maintenance_url, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes"):
                connection.execute(f"alter system set {setting} = off".encode())
            connection.execute("select pg_reload_conf()")
        yield cluster


def _running(binaries: Path) -> Iterator[Cluster]:
    with _open_folder() as folder:
        cluster = Cluster(folder / "cluster", binaries, SERVER_ACCOUNT)
        cluster.start()
        yield cluster
        cluster.stop()


_numbers = count()


@pytest.fixture
def new_database(embedded: Cluster) -> Callable[[], PostgresDatabase]:
    """Name databases that do not exist yet."""
    return lambda: embedded.database_named(f"test_{next(_numbers)}")


@pytest.fixture(scope="session")
def template(embedded: Cluster) -> PostgresDatabase:
    """A migrated database, of which copies are made."""
    return _migrated(embedded.database_named("template"))


@pytest.fixture
def database(
    new_database: Callable[[], PostgresDatabase], template: PostgresDatabase
) -> PostgresDatabase:
    """A database of the test's own, migrated."""
    database = new_database()
    with psycopg.connect(database.maintenance_url, autocommit=True) as connection:
        connection.execute(f"create database {database.name} template {template.name}".encode())
    return database


def _migrated(database: PostgresDatabase) -> PostgresDatabase:
    create_database(database)
    apply_migrations(database.url)
    return database


@pytest.fixture(scope="session")
def embedded_rooms(embedded: Cluster) -> PostgresDatabase:
    """The database of `postgres_embedded`."""
    return _migrated(embedded.database)


@pytest.fixture(scope="session")
def distribution_rooms(distribution: Cluster) -> PostgresDatabase:
    """The database of `postgres_distribution`."""
    return _migrated(distribution.database)


@pytest.fixture
def memory() -> RoomRepository:
    """An empty repository in memory."""
    return MemRepo()


@pytest.fixture
def mongomock_() -> RoomRepository:
    """An empty repository in a MongoDB that is simulated in memory."""
    return MongoRepo(mongomock.MongoClient()["rooms"])


@pytest.fixture
def mongodb() -> Iterator[RoomRepository]:
    """An empty repository in the MongoDB of MONGODB_URL; the collections there are dropped.

    Each worker of pytest-xdist uses another database, with its name at the end.
    """
    database = connect(MONGODB_URL)
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        database = database.client[f"{database.name}_{worker}"]
    for name in database.list_collection_names():
        database.drop_collection(name)
    yield MongoRepo(database)
    database.client.close()


MONGODB_URL = os.environ.get("MONGODB_URL", "")


@pytest.fixture
def embedded_connections(empty_rooms: PostgresDatabase) -> Iterator[Connections]:
    """The connections of `postgres_embedded`."""
    with closing(Connections(empty_rooms.url)) as connections:
        yield connections


@pytest.fixture
def postgres_embedded(embedded_connections: Connections) -> PostgresRepo:
    """An empty repository in the embedded PostgreSQL."""
    return PostgresRepo(embedded_connections)


@pytest.fixture
def postgres_distribution(distribution_rooms: PostgresDatabase) -> Iterator[PostgresRepo]:
    """An empty repository in the distribution's PostgreSQL."""
    _empty(distribution_rooms)
    with closing(Connections(distribution_rooms.url)) as connections:
        yield PostgresRepo(connections)


@pytest.fixture
def empty_rooms(embedded_rooms: PostgresDatabase) -> PostgresDatabase:
    """The database of `postgres_embedded`, emptied: faster than `database`, which is new."""
    _empty(embedded_rooms)
    return embedded_rooms


def _empty(database: PostgresDatabase) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("truncate room restart identity")
        connection.execute(
            "truncate room_change, room_change_removed, idempotency_key, upload, upload_piece,"
            " saved_search, notification, notification_progress, notification_outcome"
        )


@pytest.fixture(params=REPOSITORIES)
def repository(request: pytest.FixtureRequest) -> RoomRepository:
    """Each repository in turn, empty."""
    name = {"mongomock": "mongomock_"}.get(request.param, request.param)
    return request.getfixturevalue(name)


@pytest.fixture
def repositories(request: pytest.FixtureRequest) -> dict[str, RoomRepository]:
    """All repositories together, empty."""
    fixtures = {name: {"mongomock": "mongomock_"}.get(name, name) for name in REPOSITORIES}
    return {name: request.getfixturevalue(fixture) for name, fixture in fixtures.items()}


@pytest.fixture
def rooms() -> list[Room]:
    """The four rooms of the book."""
    return book_rooms()


@pytest.fixture
def client(
    embedded_rooms: PostgresDatabase, postgres_embedded: PostgresRepo, rooms: list[Room]
) -> Iterator[TestApp]:
    """The application over PostgreSQL with the book's rooms; each request is linted."""
    postgres_embedded.save(rooms)
    with closing(Connections(embedded_rooms.url)) as connections:
        application = Application(Stores(postgres_embedded, changes=PostgresChanges(connections)))
        # WebTest's own protocol is HTTP/1.0.
        yield TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


@pytest.fixture
def make_room() -> Callable[..., Room]:
    """Make rooms of which only some fields matter; each has a code of its own."""

    def make(number: int = 1, **fields: object) -> Room:
        values = {"size": 50, "price": 100, "longitude": 21.0, "latitude": 52.0} | fields
        return Room.from_dict({"code": UUID(int=number)} | values)

    return make
