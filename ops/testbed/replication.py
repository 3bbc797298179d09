"""PostgreSQL servers that replicate: a primary and its streaming standbys, on 127.0.0.1."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import psycopg
from psycopg import sql

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.binaries import run_as
from rentomatic.embedded.cluster import DATABASE, ROLE, Cluster, find_cluster
from testbed.processes import free_port, thaw
from testbed.waiting import until


@dataclass(frozen=True)
class Server(Cluster):
    """A server with a TCP port, which can be promoted.

    Attributes:
        port: where it listens on 127.0.0.1.
    """

    port: int = field(default_factory=free_port)

    @property
    def name(self) -> str:
        """The name that it has as a standby, and its replication slot too."""
        return self.home.name

    @property
    def settings(self) -> tuple[str, ...]:
        """Its settings, with the port; killed servers leave no shared memory in /dev/shm."""
        return (
            *super().settings,
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            "dynamic_shared_memory_type=mmap",
            # After losing its primary; the default is 5 s.
            "wal_retrieve_retry_interval=200ms",
        )

    def database_named(self, name: str) -> PostgresDatabase:
        """Return a database in this server, whether it exists or not."""
        return database_on(self, name=name)

    def ask(self, question: str) -> list[Any]:
        """Query one column."""
        with psycopg.connect(self.database.maintenance_url, autocommit=True) as connection:
            return [value for (value,) in connection.execute(question.encode())]

    def configure(self, **settings: str) -> None:
        """Change settings, and wait until new sessions have them."""
        loaded = "select pg_conf_load_time()"
        before = self.ask(loaded)
        with psycopg.connect(self.database.maintenance_url, autocommit=True) as connection:
            for name, value in settings.items():
                change = sql.SQL("alter system set {} = {}")
                connection.execute(change.format(sql.Identifier(name), sql.Literal(value)))
            connection.execute("select pg_reload_conf()")
        until(lambda: self.ask(loaded) != before)

    def promote(self) -> None:
        """Make a standby the primary; return when it accepts writes."""
        assert self.ask("select pg_promote()") == [True]

    def follow(self, primary: "Server") -> None:
        """Replicate from another server, such as a promoted one, without a slot."""
        self.configure(primary_conninfo=_source(primary, self.name), primary_slot_name="")
        self.catch_up(primary)

    def catch_up(self, primary: Cluster) -> None:
        """Wait until a standby shows what the primary has committed so far."""
        with psycopg.connect(primary.database.maintenance_url) as connection:
            ((end,),) = connection.execute("select pg_current_wal_lsn()::text").fetchall()
        until(lambda: self.ask(f"select pg_last_wal_replay_lsn() >= '{end}'::pg_lsn") == [True])

    @contextmanager
    def running(self) -> Iterator["Server"]:
        """Start it; stop it at the end, even if it is frozen."""
        self.start()
        try:
            yield self
        finally:
            thaw(self)
            self.program("pg_ctl", "stop", "--pgdata=data", "--mode=immediate")

    def program(self, name: str, *arguments: str) -> CompletedProcess[str]:
        """Run one of its programs in its folder."""
        return run_as(self.account, [str(self.binaries / name), *arguments], self.home)


@contextmanager
def new_primary() -> Iterator[Server]:
    """Run a new server in a temporary folder, where its standbys have theirs too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Readable by all: the server may run as another account.
        folder.chmod(0o755)
        like = find_cluster(folder)
        with Server(folder / "primary", like.binaries, like.account).running() as server:
            yield server


@contextmanager
def standby_of(primary: Cluster, name: str = "standby") -> Iterator[Server]:
    """Run a standby of a server, with a replication slot, in a folder beside it."""
    standby = Server(primary.home.parent / name, primary.binaries, primary.account)
    standby.home.mkdir()
    if primary.account:
        os.chown(standby.home, primary.account.pw_uid, primary.account.pw_gid)
    options = ("--checkpoint=fast", "--no-sync", "--write-recovery-conf", "--pgdata=data")
    slot = ("--create-slot", f"--slot={name}")
    source = f"--dbname={_source(primary, name)}"
    standby.program("pg_basebackup", source, *slot, *options).check_returncode()
    with standby.running():
        yield standby


def _source(primary: Cluster, name: str) -> str:
    url = primary.database.maintenance_url
    return f"{url}{'&' if '?' in url else '?'}application_name={name}"


def require(primary: Server, *standbys: Server) -> None:
    """Let each commit on the primary wait until one of the standbys has it too."""
    names = ", ".join(each.name for each in standbys)
    primary.configure(synchronous_standby_names=f"ANY 1 ({names})")
    having = "select count(*) from pg_stat_replication where sync_state = 'quorum'"
    until(lambda: primary.ask(having) == [len(standbys)])


def hold_back(primary: Server) -> None:
    """Let a primary send its standbys nothing more, as a network that is too slow would."""
    for process in primary.ask("select pid from pg_stat_replication"):
        os.kill(process, signal.SIGSTOP)


def most_advanced(*standbys: Server) -> Server:
    """Return the standby that has received most, which is the one to promote."""
    received = "select pg_last_wal_receive_lsn() - '0/0'::pg_lsn"
    return max(standbys, key=lambda each: each.ask(received)[0])


def database_on(*servers: Server, name: str = DATABASE, query: str = "") -> PostgresDatabase:
    """Return a database with the hosts of several servers in one URL, in this order."""
    hosts = ",".join(f"127.0.0.1:{each.port}" for each in servers)
    server = f"postgresql://{ROLE}@{hosts}"
    end = f"?{query}" if query else ""
    return PostgresDatabase(f"{server}/{name}{end}", f"{server}/postgres{end}")
