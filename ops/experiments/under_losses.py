"""A cluster of three database machines loses some of them: no acknowledged write is lost.

It runs from the files of ops/cluster. The service reaches the primary in several ways: by the
addresses of all machines, through HAProxy, and through PgBouncer if there is one; each with clients
that read and write all the time. Everything shares the processors of this machine, so that a
recovery takes longer than on several machines.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from report import Report
from service import gunicorn, is_ready
from testbed.cluster_files import FILES, missing_packages, summary, tracking_pgbouncer
from testbed.database_node import Node
from testbed.machine import Load, start_load
from testbed.patroni import Machines, running_cluster
from testbed.processes import free_port
from testbed.waiting import until
from testbed.writers import Writers, compare

from rentomatic.config import PostgresDatabase
from rentomatic.repository.migrations import apply_migrations
from rentomatic.tokens import new_token, token_line

CLIENTS = 2
PAUSE_SECONDS = 0.02
# Before and after an event.
CALM_SECONDS = 3
# Longer than Patroni's ttl.
WITHOUT_ETCD_SECONDS = 25
# Whether an old primary does harm when it goes on depends on the moment.
FREEZES = 3
_WORKERS = "2"


def why_no_cluster() -> str:
    """Return why no cluster can run here; an empty string if one can."""
    packages = " ".join(missing_packages())
    return f"not installed: {packages} (Debian packages)" if packages else ""


@dataclass(frozen=True, slots=True)
class Way:
    """A service that reaches the database in one way.

    Attributes:
        name: of the way.
        writers: its clients that write.
    """

    name: str
    writers: Writers

    def read(self) -> Load:
        """Start clients that read."""
        return start_load(f"http://{self.writers.address}/rooms?limit=3", CLIENTS)

    def pause_since(self, start: float) -> float:
        """Return the longest time without an acknowledged write, in seconds."""
        answered = sorted(write.answered for write in self.writers.acknowledged)
        times = [start, *(each for each in answered if each > start), time.time()]
        return max(later - earlier for earlier, later in pairwise(times))

    def wait_for_writes(self) -> None:
        """Wait until each client has made a write that begins now."""
        start = time.time()
        self.writers.wait(
            lambda: sum(write.first > start for write in self.writers.acknowledged) >= CLIENTS
        )


def lose_machines(report: Report) -> None:
    """Lose each kind of machine in turn."""
    print(summary(), flush=True)
    if not tracking_pgbouncer():
        print("without PgBouncer, because TRACKING_PGBOUNCER is not set", flush=True)
    with running_cluster() as machines, services(machines) as ways:
        check_series(report, machines)
        events = Events(report, machines, ways)
        events.switch_over()
        events.lose_primary()
        for _ in range(FREEZES):
            events.freeze_primary()
        events.lose("the sync standby", "sync_standby")
        events.freeze_standby()
        events.lose("the other standby", "replica")
        events.replace_machine()
        events.lose_etcd(machines.first_of_etcd())
        events.lose_etcd(*machines.nodes)


def check_series(report: Report, machines: Machines) -> None:
    """Compare the series of the alerts with those of Patroni."""
    served = machines.nodes[0].ask_patroni("/metrics").decode()
    wanted = set(re.findall(r"\bpatroni_\w+", (FILES / "alerts.yml").read_text()))
    missing = wanted - set(re.findall(r"^patroni_\w+", served, re.MULTILINE))
    seen = f"{len(wanted)}, missing: {', '.join(missing) or 'none'}"
    report.add("series that the alerts need", seen, is_good=not missing)


@contextmanager
def services(machines: Machines) -> Iterator[list[Way]]:
    """Run the service in each way, with writers."""
    machines.create_database()
    apply_migrations(machines.hosts_url)
    urls = {"hosts": machines.hosts_url, "HAProxy": machines.primary_url}
    if tracking_pgbouncer():
        machines.start_pgbouncer()
        urls["PgBouncer"] = machines.pooled_url
    with ExitStack() as stack:
        ways = []
        for number, (name, url) in enumerate(urls.items()):
            token = new_token()
            writers = Writers(
                f"127.0.0.1:{free_port()}", token, CLIENTS, PAUSE_SECONDS, 1 + number * 10_000_000
            )
            settings = machines.service | {
                "DATABASE_URL": url,
                "RENTOMATIC_TOKENS": token_line(name, token),
                "WEB_CONCURRENCY": _WORKERS,
            }
            stack.enter_context(gunicorn(writers.address, settings))
            until(partial(is_ready, writers.address))
            ways.append(Way(name, stack.enter_context(writers)))
        yield ways


@dataclass(frozen=True, slots=True)
class Events:
    """What happens to a cluster.

    Attributes:
        report: where the results go.
        machines: the cluster.
        ways: the services.
    """

    report: Report
    machines: Machines
    ways: list[Way]

    def switch_over(self) -> None:
        """Make the synchronous standby the primary."""
        with self._watched("switchover"):
            self.machines.switch_over()
            until(self.machines.is_whole)

    def lose_primary(self) -> None:
        """Kill everything on the primary's machine; start it when another is the primary."""
        lost = self._machine("leader")
        with self._watched("the primary dies"):
            lost.kill()
            self._wait_for_another(lost)
        self._return("it comes back", lost, lost.start)

    def freeze_primary(self) -> None:
        """Freeze everything on the primary's machine; thaw it when another is the primary."""
        lost = self._machine("leader")
        with self._watched("the primary freezes"):
            lost.freeze()
            self._wait_for_another(lost)
        self._return("it thaws", lost, lost.thaw)

    def lose(self, name: str, role: str) -> None:
        """Kill everything on a standby's machine."""
        lost = self._machine(role)
        with self._watched(f"{name} dies"):
            lost.kill()
        self._return("it comes back", lost, lost.start)

    def freeze_standby(self) -> None:
        """Freeze everything on the machine of the synchronous standby."""
        lost = self._machine("sync_standby")
        with self._watched("the sync standby freezes"):
            lost.freeze()
        self._return("it thaws", lost, lost.thaw)

    def replace_machine(self) -> None:
        """Replace a standby by an empty machine, as the runbook does."""
        lost = self._machine("replica")
        with self._watched("a machine is replaced"):
            lost.kill()
            lost.clear()
            self.machines.forget_in_etcd(lost)
            lost.start()
            until(self.machines.is_whole)

    def lose_etcd(self, *nodes: Node) -> None:
        """Kill members of etcd for longer than Patroni's ttl."""
        number = "its leader" if len(nodes) == 1 else "all members"
        with self._watched(f"etcd loses {number}"):
            for node in nodes:
                node.etcd.kill()
            time.sleep(WITHOUT_ETCD_SECONDS)
        for node in nodes:
            node.start_etcd()
        until(self.machines.is_whole)

    def _machine(self, role: str) -> Node:
        (found,) = until(lambda: self.machines.of_role(role))
        return found

    def _wait_for_another(self, lost: Node) -> None:
        until(lambda: self.machines.of_role("leader") not in ([], [lost]))

    @contextmanager
    def _watched(self, name: str) -> Iterator[None]:
        """Report what clients see of an event, once they can write again."""
        until(self.machines.is_whole)
        with ExitStack() as stack:
            loads = [stack.enter_context(way.read()) for way in self.ways]
            time.sleep(CALM_SECONDS)
            start = time.time()
            yield
            for way in self.ways:
                way.wait_for_writes()
            time.sleep(CALM_SECONDS)
            pauses = [way.pause_since(start) for way in self.ways]
        for way, load, pause in zip(self.ways, loads, pauses, strict=True):
            self._report(f"{name}, {way.name}", way, load, pause)

    def _report(self, name: str, way: Way, load: Load, pause: float) -> None:
        found = compare(self._database(), way.writers)
        failed = sum(load.failed.values())
        seen = f"no write for {pause:.2f} s, no read for {load.gap:.2f} s"
        seen += f" ({failed:,} of {load.requests:,} failed), acknowledged writes lost {found.lost}"
        seen += f" of {len(way.writers.acknowledged):,}"
        self.report.add(name, seen, is_good=not (found.lost or found.doubled or failed))

    def _database(self) -> PostgresDatabase:
        # A connection to the addresses would wait for a machine that is frozen.
        return PostgresDatabase(self.machines.primary_url, self.machines.primary_url)

    def _return(self, name: str, node: Node, act: Callable[[], None]) -> None:
        """Bring a machine back; it must follow the primary without being copied again."""
        start, log = time.monotonic(), len(node.log)
        act()
        # By its own account: the others may not know yet that it is no longer the primary.
        until(lambda: node.ask_patroni("/replica") and self.machines.is_whole())
        seconds = time.monotonic() - start
        said = node.log[log:]
        rewound = "rewound" if "running pg_rewind" in said else "nothing to rewind"
        copied = "replica has been created" in said
        lost = sum(compare(self._database(), way.writers).lost for way in self.ways)
        seen = f"{node.name} follows after {seconds:.1f} s, {'copied again' if copied else rewound}"
        seen += f", acknowledged writes lost {lost}"
        self.report.add(name, seen, is_good=not (copied or lost))
