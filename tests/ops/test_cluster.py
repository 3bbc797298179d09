"""The files of ops/cluster: the programs that read them accept them.

`ops/chaos --only cluster` runs a whole cluster from them, and loses its machines.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from testbed.cluster_files import (
    FILES,
    fill,
    local_settings,
    missing_packages,
    program,
    variables,
)
from testbed.patroni import Machines, place
from testbed.waiting import until

from rentomatic.config import PostgresDatabase, read_settings
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.variables import SETTINGS
from tests.poolers import TRACKING_POOLERS, Pooler, let_role_carry_settings, pooled

ROOT = FILES.parents[1]
MANUAL = FILES / "README.md"
FILLED = (
    "database.sql",
    "etcd.env",
    "haproxy.cfg",
    "patroni.yml",
    "pgbouncer.ini",
    "rentomatic.env",
)
NODE = ("NAME", "ADDRESS")
MISSING = missing_packages()


def needs(name: str) -> pytest.MarkDecorator:
    """Skip a test if a program is missing; the header of the report names it."""
    return pytest.mark.skipif(not program(name), reason=f"{name} is not installed")


@pytest.fixture
def machines(open_folder: Path) -> Iterator[Machines]:
    """The files, filled for this machine; nothing runs."""
    placed = place(open_folder)
    yield placed
    placed.stop()


def test_each_setting_is_used_and_each_placeholder_is_a_setting() -> None:
    """An operator edits what matters, and nothing stays unfilled."""
    settings = dict.fromkeys([*local_settings(), *NODE], "1")
    used = {name for file in FILLED for name in re.findall(r"\$(\w+)", (FILES / file).read_text())}
    assert used == settings.keys()
    for file in FILLED:
        assert "$" not in fill(file, settings)


def test_the_manual_names_each_file() -> None:
    """Its first table says where each one goes."""
    named = set(re.findall(r"^\| `([^`]+)` \|", MANUAL.read_text(), re.MULTILINE))
    assert named == {path.name for path in FILES.iterdir()} - {MANUAL.name}


def test_the_commands_of_the_manual_are_shell() -> None:
    """Each block can be pasted."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", MANUAL.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    for block in blocks:
        checked = subprocess.run(
            ["bash", "-n"], input=block, capture_output=True, text=True, check=False
        )
        assert checked.stderr == "", block


def test_the_service_accepts_its_settings() -> None:
    """Each one exists, and none is wrong."""
    found = variables(fill("rentomatic.env", local_settings()))
    assert found.keys() <= {setting.name for setting in SETTINGS}
    read_settings(found | {"RENTOMATIC_TOKENS_FILE": os.devnull})


@needs("haproxy")
def test_haproxy_accepts_its_file(machines: Machines) -> None:
    """Without a warning, also beside the file that Debian ships."""
    ours = machines.haproxy.home / "haproxy.cfg"
    shipped = Path("/etc/haproxy/haproxy.cfg")
    for files in ([ours], [shipped, ours] if os.access(shipped, os.R_OK) else [ours]):
        options = [option for file in files for option in ("-f", str(file))]
        command = [program("haproxy"), "-c", "-dW", *options]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@needs("etcd")
@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
def test_etcd_forms_a_cluster_and_patroni_accepts_its_file(machines: Machines) -> None:
    """Patroni, which asks etcd, finds nothing wrong; etcd knows all its settings."""
    for node in machines.nodes:
        node.start_etcd()
    healthy = b'{"health":"true"'
    until(lambda: all(node.ask_etcd("/health").startswith(healthy) for node in machines.nodes))
    for node in machines.nodes:
        assert not re.search(r"unrecognized|unused|deprecated", node.etcd.log), node.etcd.log
        command = [program("patroni"), "--validate-config", str(node.config)]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize("pooler", TRACKING_POOLERS, ids=lambda pooler: pooler.version)
def test_the_service_works_behind_pgbouncer_with_its_file(
    pooler: Pooler, embedded: Cluster, database: PostgresDatabase
) -> None:
    """PgBouncer knows all its settings, and the service finds its own in each session."""
    parser = ConfigParser(interpolation=None)
    parser.read_string(fill("pgbouncer.ini", local_settings()))
    settings = dict(parser["pgbouncer"])
    where = ("listen_addr", "listen_port", "unix_socket_dir", "auth_type", "auth_file")
    ours = {name: value for name, value in settings.items() if name not in where}
    let_role_carry_settings(database)
    try:
        with (
            pooled(pooler, embedded, database, ours.pop("pool_mode"), **ours) as behind,
            closing(Connections(behind.url, changes_kept=30)) as connections,
        ):
            assert list(PostgresRepo(connections).search(RoomListRequest()).rooms) == []
    finally:
        with psycopg.connect(database.url, autocommit=True) as connection:
            reset = f"alter role rentomatic in database {database.name} reset all"
            connection.execute(reset.encode())


def test_the_experiment_names_what_is_missing() -> None:
    """It is never skipped: it exits with 2 and names the package to install."""
    paths = [ROOT, ROOT / "ops", ROOT / "ops/benchmarks"]
    missing = {"PATRONI": "/nowhere/patroni", "PYTHONPATH": ":".join(map(str, paths))}
    command = [sys.executable, str(ROOT / "ops/experiments/chaos.py"), "--only", "cluster"]
    tried = subprocess.run(
        command, env=os.environ | missing, capture_output=True, text=True, check=False
    )
    assert tried.returncode == 2
    assert re.fullmatch(r"chaos: --only cluster .*\bpatroni\b.*\n", tried.stderr)
