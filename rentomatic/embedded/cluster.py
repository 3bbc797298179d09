"""The cluster of the embedded PostgreSQL, shared by all commands on its data folder.

Each command that uses the server holds a shared lock on `users.lock`; the last one to leave stops
the server. Locks end with their processes, so a killed command leaves only a server, which the next
command finds running or recovers.
"""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.binaries import (
    ELSEWHERE,
    UNPRIVILEGED,
    Account,
    EmbeddedError,
    find_binaries,
    make_data_folder,
    make_private,
    may_enter,
    open_lock,
    owner_of,
    reachable,
    run_as,
)
from rentomatic.embedded.postmaster_pid import remove_foreign_pid

DATABASE = "rentomatic"
ROLE = "rentomatic"
LOG = "postgres.log"

# The path of a unix socket has at most 107 bytes; libpq separates hosts by commas.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
_START_SECONDS = "60"
# After a crash PostgreSQL refuses to start while processes of the old server are running.
_CRASH_SECONDS = 10
_CRASHED = (
    '"postmaster.pid" already exists',
    "shared memory block",
    # The last message of those processes, in the same log.
    "unexpected postmaster exit",
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL cluster of our own.

    Attributes:
        home: the folder of the cluster, its log and its socket.
        binaries: the folder of initdb, pg_ctl and psql.
        account: the account that runs the server; None for our own.
    """

    home: Path
    binaries: Path
    account: Account = None

    @property
    def database(self) -> PostgresDatabase:
        """The database of the rooms."""
        return self.database_named(DATABASE)

    def database_named(self, name: str) -> PostgresDatabase:
        """Return a database in this cluster, whether it exists or not."""
        # A server that another account runs on that socket must not be trusted.
        owner = self.account or pwd.getpwuid(os.geteuid())
        query = urlencode({"host": self.sockets, "requirepeer": owner.pw_name}, quote_via=quote)
        server = f"postgresql://{ROLE}@"
        return PostgresDatabase(f"{server}/{name}?{query}", f"{server}/postgres?{query}")

    @property
    def sockets(self) -> Path:
        """The folder of the server's unix socket."""
        home = os.fsencode(self.home)
        if len(home) <= _LONGEST_SOCKET_FOLDER and b"," not in home:
            return self.home
        return Path("/tmp") / f"rentomatic-{_digest(self.home)}"  # noqa: S108 - see make_private

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that the server is started with."""
        sockets = str(self.sockets).replace('"', '""')
        return (
            "listen_addresses=",
            f'unix_socket_directories="{sockets}"',
            "unix_socket_permissions=0700",
        )

    def start(self) -> None:
        """Start the server if it is not running; make the cluster first if necessary.

        Raises:
            EmbeddedError: if that fails.
        """
        make_private(self.home, self.account)
        make_private(self.sockets, self.account)
        if self._answers():
            return
        if not (self.home / "data").exists():
            self._make()
        try:
            self._start_when_free()
        except KeyboardInterrupt:
            self.stop()
            raise

    def restart(self) -> None:
        """Restart the server, unless another command has already done so.

        Raises:
            EmbeddedError: if that fails; a missing cluster is not made again.
        """
        if not (self.home / "data").exists():
            raise EmbeddedError(f"{self.home / 'data'} no longer exists")
        if not self._answers():
            self._start_when_free()

    def stop(self) -> None:
        """Stop the server if it is running; nothing that was committed is lost."""
        if not self._runs():
            return
        try:
            self._must("pg_ctl", "stop", "-w", "-m", "fast")
        except EmbeddedError:
            if self._runs():  # if not, it was killed meanwhile
                raise

    def _runs(self) -> bool:
        return not self._run("pg_ctl", "status").returncode

    def _make(self) -> None:
        """Make the cluster's data, and rename them once they are complete."""
        new = self.home / "data.new"
        shutil.rmtree(new, ignore_errors=True)  # left by an initdb that was killed
        options = ("--encoding=UTF8", "--no-locale", "--auth=trust", f"--username={ROLE}")
        self._must("initdb", *options, data="data.new")
        new.rename(self.home / "data")

    def _start_when_free(self) -> None:
        options = " ".join(f"-c {shlex.quote(setting)}" for setting in self.settings)
        deadline = time.monotonic() + _CRASH_SECONDS
        while True:
            try:
                self._must("pg_ctl", "start", "-w", "-t", _START_SECONDS, "-l", LOG, "-o", options)
            except EmbeddedError as error:
                remove_foreign_pid(self.home / "data")
                if time.monotonic() > deadline or not any(sign in str(error) for sign in _CRASHED):
                    raise
                time.sleep(0.2)
            else:
                return

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.database.maintenance_url, connect_timeout=5).close()
            return True
        return False

    def _must(self, program: str, *arguments: str, data: str = "data") -> None:
        log = self.home / LOG
        logged = log.stat().st_size if log.exists() else 0
        result = self._run(program, *arguments, data=data)
        if result.returncode:
            news = log.read_bytes()[logged:].decode(errors="replace") if log.exists() else ""
            output = (result.stdout + result.stderr + news).splitlines()
            errors = [line for line in output if "FATAL:" in line or "error:" in line] or output
            reason = " ".join(errors[-1:]) or "it gave no reason"
            raise EmbeddedError(f"{program} failed in {self.home}: {reason}")

    def _run(
        self, program: str, *arguments: str, data: str = "data"
    ) -> subprocess.CompletedProcess[str]:
        # pg_ctl inserts -D and -l unquoted into a shell command, so they must not contain a path.
        command = [str(self.binaries / program), *arguments]
        return run_as(self.account, command, self.home, PGDATA=str(self.home / data))


@contextmanager
def embedded_cluster(data: Path) -> Iterator[Cluster]:
    """Use the server of a data folder, which other commands may share.

    Raises:
        EmbeddedError: if it cannot be started.
    """
    user = os.getpid()
    make_data_folder(data)
    with open_lock(data / "users.lock") as users:
        with starting(data):
            fcntl.flock(users, fcntl.LOCK_SH)
            cluster = find_cluster(data)
            cluster.start()
        try:
            yield cluster
        finally:
            # A forked worker leaves through here too; only the process that entered counts.
            if os.getpid() == user:
                with starting(data), suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    cluster.stop()


@contextmanager
def starting(data: Path) -> Iterator[None]:
    """Exclude other commands while starting or stopping the server of a data folder."""
    with open_lock(data / "start.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find_cluster(data: Path) -> Cluster:
    """Find the place of a data folder's cluster, existing or not, and the account that runs it.

    Raises:
        EmbeddedError: if the cluster exists but cannot be accessed.
    """
    home = data / "cluster"
    if os.geteuid() != 0:
        if home.exists() and home.stat().st_uid != os.geteuid():
            raise EmbeddedError(
                f"{home} belongs to {owner_of(home)}; set RENTOMATIC_DATA to a folder of your own"
            )
        return Cluster(home, find_binaries())
    account = pwd.getpwnam(UNPRIVILEGED)
    elsewhere = ELSEWHERE / f"{data.parent.name}-{_digest(data)}"
    if elsewhere.exists() or not may_enter(account, data):
        if home.exists() and not elsewhere.exists():
            raise EmbeddedError(f"the account {account.pw_name} can no longer access {home}")
        home = elsewhere
    elif home.exists() and home.stat().st_uid != 0:
        try:
            account = pwd.getpwuid(home.stat().st_uid)
        except KeyError:
            raise EmbeddedError(
                f"{home} belongs to {owner_of(home)}, who has no account on this machine"
            ) from None
    return Cluster(home, reachable(find_binaries(), account), account)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
