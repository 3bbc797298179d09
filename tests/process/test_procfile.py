"""A platform runs the Procfile with nothing but its own variables in the environment."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.database import create_database
from tests.process.conftest import CHECKOUT, SECONDS, Command, free_port, until

SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def dyno(own_cluster: Cluster, tmp_path: Path) -> Callable[[str], Command]:
    """Start a process of the Procfile as honcho does."""
    create_database(own_cluster.database)
    port = free_port()
    environment = {
        "PATH": f"{SCRIPTS}{os.pathsep}{os.defpath}",
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "DATABASE_URL": own_cluster.database.url.replace("postgresql://", "postgres://"),
    }

    def start(name: str) -> Command:
        output, errors = (tmp_path / f"{name}.{kind}" for kind in ("out", "err"))
        with output.open("w") as out, errors.open("w") as err:
            process = subprocess.Popen(
                ["honcho", "--no-prefix", "--no-colour", "start", name],
                cwd=CHECKOUT,
                env=environment,
                stdout=out,
                stderr=err,
                text=True,
            )
        return Command(process, output, errors, port)

    return start


def test_a_platform_releases_and_serves(
    dyno: Callable[[str], Command], own_cluster: Cluster
) -> None:
    """It migrates, answers from outside, logs on standard output, and ends without cutting."""
    assert dyno("release").end() == 0
    web = dyno("web")
    until(lambda: "Listening at" in web.complained + web.told)
    assert web.get() == []
    # Not the one address that is served by default: all of them.
    socket.create_connection(("127.0.0.2", web.port)).close()
    until(lambda: '"route":"/rooms"' in web.told)
    statuses: list[int] = []
    asking = Thread(target=lambda: statuses.append(web.ask("/rooms?limit=1")))
    with waiting(own_cluster.database, asking):
        web.process.send_signal(signal.SIGTERM)
    asking.join(SECONDS)
    assert statuses == [200]
    assert web.end() in {0, 143}


class waiting:  # noqa: N801 - a context manager
    """Keep a search waiting for the database."""

    def __init__(self, database: PostgresDatabase, asking: Thread) -> None:
        self._connection = psycopg.connect(database.url)
        self._asking = asking

    def __enter__(self) -> None:
        self._connection.execute("lock table room in access exclusive mode")
        self._asking.start()
        waits = "select from pg_stat_activity where wait_event_type = 'Lock'"
        until(lambda: self._connection.execute(waits).fetchall())

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def test_what_a_platform_installs_is_what_is_locked() -> None:
    """`ops/lock` makes requirements.txt of setup.cfg; nothing that is needed is left out."""
    locked = (CHECKOUT / "requirements.txt").read_text()
    listed = (CHECKOUT / "setup.cfg").read_text()
    wanted = listed.split("install_requires =\n")[1].split("\n\n")[0].splitlines()
    names = {line.strip().split("[")[0].split(">")[0] for line in wanted if "#" not in line}
    assert names <= {line.split("==")[0] for line in locked.splitlines()}
    assert locked.endswith("\n.\n")
