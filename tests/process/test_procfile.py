"""A platform runs the Procfile with nothing but its own variables in the environment."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.database import create_database
from tests.process.conftest import CHECKOUT, SECONDS, Command, free_port, locked_rooms, until

SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def dyno(own_cluster: Cluster, tmp_path: Path) -> Iterator[Callable[[str], Command]]:
    """Start a process of the Procfile as honcho does."""
    started: list[Command] = []
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
        started.append(Command(process, output, errors, port))
        return started[-1]

    yield start
    for command in started:
        command.process.terminate()
        command.end_at_last()


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
    with locked_rooms(own_cluster.database) as until_one_waits:
        asking.start()
        until_one_waits()
        web.process.send_signal(signal.SIGTERM)
    asking.join(SECONDS)
    assert statuses == [200]
    assert web.end() in {0, 143}


def test_what_a_platform_installs_is_what_is_locked() -> None:
    """`ops/lock` makes requirements.txt of setup.cfg; nothing that is needed is left out."""
    locked = (CHECKOUT / "requirements.txt").read_text()
    listed = (CHECKOUT / "setup.cfg").read_text()
    wanted = listed.split("install_requires =\n")[1].split("\n\n")[0].splitlines()
    names = {line.strip().split("[")[0].split(">")[0] for line in wanted if "#" not in line}
    assert names <= {line.split("==")[0] for line in locked.splitlines()}
    assert locked.endswith("\n.\n")
