"""The cluster of ops/cluster on this machine: three database machines, HAProxy and PgBouncer."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psycopg

from rentomatic.embedded.binaries import run_as
from testbed.cluster_files import (
    NAMES,
    fill,
    local_settings,
    program,
    role_settings,
    tracking_pgbouncer,
    variables,
)
from testbed.database_node import ACCOUNT, Node, Place
from testbed.processes import processes_in
from testbed.waiting import until

DATABASE_SETTINGS = ("DATABASE_URL", "RENTOMATIC_READ_DATABASE_URL", "RENTOMATIC_MAX_LAG")
_STOP_SECONDS = 10
_LAG = 16_000_000
# Of each log, when something went wrong.
_LINES = 15


@dataclass(frozen=True, slots=True)
class Machines:
    """The three database machines, and what a web machine has.

    Attributes:
        nodes: the database machines.
        haproxy: where HAProxy runs.
        pgbouncer: where PgBouncer runs.
        settings: those of cluster.env.
    """

    nodes: list[Node]
    haproxy: Place
    pgbouncer: Place
    settings: Mapping[str, str]

    @property
    def service(self) -> dict[str, str]:
        """The settings of the service that name databases."""
        found = variables(fill("rentomatic.env", self.settings))
        return {name: value for name, value in found.items() if name in DATABASE_SETTINGS}

    @property
    def hosts_url(self) -> str:
        """The primary, by the addresses of all machines."""
        return self.service["DATABASE_URL"]

    @property
    def primary_url(self) -> str:
        """The primary, through HAProxy."""
        return self._url(f"{self.settings['LOCAL']}:5000")

    @property
    def pooled_url(self) -> str:
        """The primary, through PgBouncer and HAProxy."""
        return self._url(f"{self.settings['LOCAL']}:6432")

    def _url(self, hosts: str) -> str:
        return f"postgresql://rentomatic:{self.settings['RENTOMATIC_PASSWORD']}@{hosts}/rentomatic"

    def start(self) -> None:
        """Start everything, and wait for a primary and two replicas."""
        for node in self.nodes:
            node.start()
        self.haproxy.run([program("haproxy"), "-db", "-f", "haproxy.cfg"])
        until(self.is_whole)

    def stop(self) -> None:
        """End everything."""
        for node in self.nodes:
            node.stop_postgres()
        with suppress(AssertionError):
            until(lambda: not any(processes_in(node.home) for node in self.nodes), _STOP_SECONDS)
        for each in (*self.nodes, self.haproxy, self.pgbouncer):
            each.kill()

    def members(self) -> list[dict[str, Any]]:
        """Return the members as a machine that answers lists them."""
        answers = (node.ask_patroni("/cluster") for node in self.nodes)
        found = next(filter(None, answers), b'{"members": []}')
        return list(orjson.loads(found)["members"])

    def of_role(self, role: str) -> list[Node]:
        """Return the machines with a role of Patroni's: leader, sync_standby or replica."""
        names = {each["name"] for each in self.members() if each["role"] == role}
        return [node for node in self.nodes if node.name in names]

    def first_of_etcd(self) -> Node:
        """Return the machine whose etcd leads the others."""
        leads = b"\netcd_server_is_leader 1\n"
        return next(node for node in self.nodes if leads in node.ask_etcd("/metrics"))

    def forget_in_etcd(self, node: Node) -> None:
        """Replace a machine's member of etcd by an empty one, as the runbook does."""
        listed = self._etcdctl(node, "member", "list").splitlines()
        (number,) = (line.split(", ")[0] for line in listed if f", {node.name}, " in line)
        self._etcdctl(node, "member", "remove", number)
        peer = f"--peer-urls=http://{node.address}:2380"
        self._etcdctl(node, "member", "add", node.name, peer)

    def _etcdctl(self, without: Node, *words: str) -> str:
        others = ",".join(f"http://{each.address}:2379" for each in self.nodes if each != without)
        variables = {"ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": others}
        done = run_as(ACCOUNT, ["etcdctl", *words], **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def is_whole(self) -> bool:
        """Return whether there are a primary and two replicas, one synchronous, on one timeline.

        Patroni lists a machine that was killed for a while, so each one is asked.
        """
        members = self.members()
        roles = sorted(each["role"] for each in members)
        return (
            roles == ["leader", "replica", "sync_standby"]
            and all(node.ask_patroni("/health") for node in self.nodes)
            and {each["state"] for each in members} <= {"running", "streaming"}
            and len({each.get("timeline") for each in members}) == 1
            # Patroni knows positions of up to 2 s ago; a machine that cannot tell says "unknown".
            and all(each.get("lag", 0) in range(_LAG) for each in members)
        )

    def switch_over(self) -> None:
        """Make the synchronous standby the primary, as the runbook does."""
        (standby,) = self.of_role("sync_standby")
        command = [str(Path(program("patroni")).with_name("patronictl")), "-c"]
        command += [str(standby.config), "switchover", "rentomatic"]
        done = run_as(ACCOUNT, [*command, "--candidate", standby.name, "--force"], LC_ALL="C.UTF-8")
        assert done.returncode == 0, done.stdout + done.stderr

    def create_database(self) -> None:
        """Create the role and the database of the service."""
        (primary,) = self.of_role("leader")
        password = self.settings["SUPERUSER_PASSWORD"]
        url = f"postgresql://postgres:{password}@{primary.address}/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in fill("database.sql", self.settings).split(";\n")[:-1]:
                connection.execute(statement.encode())

    def start_pgbouncer(self) -> None:
        """Start PgBouncer, and give the role the settings that it drops."""
        password = self.settings["SUPERUSER_PASSWORD"]
        with psycopg.connect(self.hosts_url, user="postgres", password=password) as connection:
            for statement in role_settings():
                connection.execute(statement.encode())
        self.pgbouncer.run([tracking_pgbouncer(), "pgbouncer.ini"])


def place(folder: Path) -> Machines:
    """Fill the files of ops/cluster into an empty folder."""
    settings = local_settings()
    addresses = zip(NAMES, (settings[name.upper()] for name in NAMES), strict=True)
    nodes = [
        Node(folder / name, settings | {"NAME": name, "ADDRESS": address})
        for name, address in addresses
    ]
    haproxy, pgbouncer = Place(folder / "haproxy"), Place(folder / "pgbouncer")
    for each in (*nodes, haproxy, pgbouncer):
        each.make()
    (haproxy.home / "haproxy.cfg").write_text(fill("haproxy.cfg", settings))
    place_pgbouncer(pgbouncer.home, settings)
    return Machines(nodes, haproxy, pgbouncer, settings)


def place_pgbouncer(folder: Path, settings: Mapping[str, str]) -> None:
    """Fill PgBouncer's file, and write the list of users beside it."""
    text = fill("pgbouncer.ini", settings).replace("/etc/pgbouncer", str(folder))
    (folder / "pgbouncer.ini").write_text(text)
    users = f'"rentomatic" "{settings["RENTOMATIC_PASSWORD"]}"\n'
    (folder / "userlist.txt").write_text(users)


@contextmanager
def running_cluster() -> Iterator[Machines]:
    """Run all of it; end it and remove its files at the end."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as name:
        folder = Path(name)
        # Readable by all: the servers may run as another account.
        folder.chmod(0o755)
        machines = place(folder)
        try:
            machines.start()
            yield machines
        except AssertionError:
            for node in machines.nodes:
                print(f"{node.name}:", *node.log.splitlines()[-_LINES:], sep="\n", file=sys.stderr)
            raise
        finally:
            machines.stop()
