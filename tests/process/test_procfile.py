"""A platform runs the Procfile with nothing but its own variables in the environment."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from testbed.processes import free_port
from testbed.waiting import until

from rentomatic import __version__
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.database import create_database
from tests.commands import CHECKOUT, SECONDS, Command
from tests.databases import locked_rooms

SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def dyno(own_cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Start a process of the Procfile as honcho does, with the programs of a folder."""
    started: list[Command] = []
    create_database(own_cluster.database)
    port = free_port()
    environment = {
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "DATABASE_URL": own_cluster.database.url.replace("postgresql://", "postgres://"),
    }

    def start(name: str, programs: Path = SCRIPTS) -> Command:
        output, errors = (tmp_path / f"{name}.{kind}" for kind in ("out", "err"))
        with output.open("w") as out, errors.open("w") as err:
            process = subprocess.Popen(
                [SCRIPTS / "honcho", "--no-prefix", "--no-colour", "start", name],
                cwd=CHECKOUT,
                env=environment | {"PATH": f"{programs}{os.pathsep}{os.defpath}"},
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
    until(lambda: "Listening at" in web.complained + web.printed)
    assert web.get() == []
    # Not the one address that is served by default: all of them.
    socket.create_connection(("127.0.0.2", web.port)).close()
    until(lambda: '"route":"/rooms"' in web.printed)
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


def test_each_locked_version_has_its_digests() -> None:
    """Neither an index nor a mirror can bring other files than those that were locked."""
    locked = (CHECKOUT / "requirements.txt").read_text()
    entries = re.findall(r"^([^\s#].*(?:\n +--hash.*)*)", locked, re.MULTILINE)
    assert len(entries) > 10
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+ \\\n( +--hash=sha256:[0-9a-f]{64}( \\\n)?)+$", entry), entry


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """A virtual environment with what requirements.txt names, and without this package."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet"]
    install = [*pip, "install", "--require-hashes", "--requirement", CHECKOUT / "requirements.txt"]
    subprocess.run(install, check=True)
    return venv / "bin"


def test_the_procfile_needs_no_more_than_the_requirements(
    dyno: Callable[..., Command], platform: Path
) -> None:
    """The checkout is served as it is, with the locked versions alone and each of them verified."""
    assert dyno("release", platform).end() == 0
    web = dyno("web", platform)
    until(lambda: "Listening at" in web.complained + web.printed)
    assert web.get() == []
    assert web.get("/openapi.json")["info"]["version"] == __version__


def manual() -> list[str]:
    """Return the README's commands for honcho."""
    return re.findall(r"^honcho .*$", (CHECKOUT / "README.md").read_text(), re.MULTILINE)


def test_the_manuals_commands_for_honcho_work(own_cluster: Cluster, tmp_path: Path) -> None:
    """Typed as they are, with the settings in .env: the first one ends well, the second serves."""
    create_database(own_cluster.database)
    checkout = tmp_path / "checkout"
    shutil.copytree(CHECKOUT, checkout, ignore=shutil.ignore_patterns(".*", "tests"))
    port = free_port()
    (checkout / ".env").write_text(f"DATABASE_URL={own_cluster.database.url}\nPORT={port}\n")
    environment = {"PATH": f"{SCRIPTS}{os.pathsep}{os.defpath}"}
    release, web = (command.split() for command in manual())
    subprocess.run(release, cwd=checkout, env=environment, check=True, timeout=SECONDS)
    output = tmp_path / "web.out"
    with output.open("w") as out:
        process = subprocess.Popen(web, cwd=checkout, env=environment, stdout=out, stderr=out)
    service = Command(process, output, output, port)
    try:
        until(lambda: "Listening at" in service.printed)
        assert service.get() == []
    finally:
        process.terminate()
        service.end_at_last()


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_a_file_of_settings_is_never_committed(tmp_path: Path) -> None:
    """The file .env may hold the password of the database; git ignores it."""
    shutil.copy(CHECKOUT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "check-ignore", "--quiet", ".env"], cwd=tmp_path, check=True)
