"""The cluster of the embedded PostgreSQL, shared by all commands on its data folder.

Each command that uses the server holds a shared lock on `users.lock`; one that finds, on leaving,
that nobody else holds it stops the server. Locks die with their processes, so a killed command
leaves nothing behind but a server that the next command finds running, or recovers.
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
from rentomatic.embedded.postmaster_pid import forget_stranger

DATABASE = "rentomatic"
ROLE = "rentomatic"
LOG = "postgres.log"

# The longest path of a unix socket has 107 bytes; libpq takes a comma for the end of a host.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
_START_SECONDS = "60"
# After a crash PostgreSQL refuses for as long as it sees processes of the server before.
_CRASH_SECONDS = 10
_CRASHED = (
    '"postmaster.pid" already exists',
    "shared memory block",
    # The last that those processes say, to the same log.
    "unexpected postmaster exit",
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL cluster of our own.

    Attributes:
        home: the folder of the cluster, its log and its socket.
        binaries: the folder of initdb, pg_ctl and psql.
        account: who runs the server, where that is not us.
    """

    home: Path
    binaries: Path
    account: Account = None

    @property
    def database(self) -> PostgresDatabase:
        """The database of the rooms in this cluster."""
        return self.database_named(DATABASE)

    def database_named(self, name: str) -> PostgresDatabase:
        """A database in this cluster, whether it exists or not."""
        # A server of somebody else's on that socket would be none.
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

    def start(self) -> None:
        """Make the cluster if there is none, and start its server if it does not run.

        Raises:
            EmbeddedError: when that fails.
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

    def start_again(self) -> None:
        """Start the server that ran before, unless another command has done so.

        Raises:
            EmbeddedError: when that fails; no new cluster takes the place of one that is gone.
        """
        if not (self.home / "data").exists():
            msg = f"{self.home / 'data'} is gone"
            raise EmbeddedError(msg)
        if not self._answers():
            self._start_when_free()

    def stop(self) -> None:
        """Stop the server, if it runs: nothing that was committed is lost."""
        if not self._runs():
            return
        try:
            self._must("pg_ctl", "stop", "-w", "-m", "fast")
        except EmbeddedError:
            if self._runs():  # else it was killed meanwhile
                raise

    def _runs(self) -> bool:
        return not self._run("pg_ctl", "status").returncode

    def _make(self) -> None:
        """Make the cluster's data, which get their name when they are whole."""
        new = self.home / "data.new"
        shutil.rmtree(new, ignore_errors=True)  # of an initdb that was killed
        options = ("--encoding=UTF8", "--no-locale", "--auth=trust", f"--username={ROLE}")
        self._must("initdb", *options, data="data.new")
        new.rename(self.home / "data")

    def _start_when_free(self) -> None:
        sockets = str(self.sockets).replace('"', '""')
        settings = (
            "listen_addresses=",
            f'unix_socket_directories="{sockets}"',
            "unix_socket_permissions=0700",
        )
        options = " ".join(f"-c {shlex.quote(setting)}" for setting in settings)
        deadline = time.monotonic() + _CRASH_SECONDS
        while True:
            try:
                self._must("pg_ctl", "start", "-w", "-t", _START_SECONDS, "-l", LOG, "-o", options)
            except EmbeddedError as error:
                forget_stranger(self.home / "data")
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
            said = (result.stdout + result.stderr + news).splitlines()
            telling = [line for line in said if "FATAL:" in line or "error:" in line] or said
            msg = f"{program} failed in {self.home}: {' '.join(telling[-1:]) or 'no reason given'}"
            raise EmbeddedError(msg)

    def _run(
        self, program: str, *arguments: str, data: str = "data"
    ) -> subprocess.CompletedProcess[str]:
        # pg_ctl pastes -D and -l into a command of the shell's: no path may stand in them.
        command = [str(self.binaries / program), *arguments]
        return run_as(self.account, command, self.home, PGDATA=str(self.home / data))


@contextmanager
def embedded_cluster(data: Path) -> Iterator[Cluster]:
    """Use the server of a data folder together with whoever else does.

    Raises:
        EmbeddedError: when it cannot be started.
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
            # A forked worker leaves through here too; only the process that came in is counted.
            if os.getpid() == user:
                with starting(data), suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    cluster.stop()


@contextmanager
def starting(data: Path) -> Iterator[None]:
    """Wait until nobody else starts or stops the server of a data folder, and keep them waiting."""
    with open_lock(data / "start.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find_cluster(data: Path) -> Cluster:
    """Find where the cluster of a data folder stands or is to stand, and who runs it.

    Raises:
        EmbeddedError: when it is there, and out of reach.
    """
    home = data / "cluster"
    if os.geteuid() != 0:
        if home.exists() and home.stat().st_uid != os.geteuid():
            msg = f"{home} belongs to {owner_of(home)}; set RENTOMATIC_DATA to a folder of your own"
            raise EmbeddedError(msg)
        return Cluster(home, find_binaries())
    account = pwd.getpwnam(UNPRIVILEGED)
    elsewhere = ELSEWHERE / f"{data.parent.name}-{_digest(data)}"
    if elsewhere.exists() or not may_enter(account, data):
        if home.exists() and not elsewhere.exists():
            msg = f"{home} has data that the account {account.pw_name} may no longer enter"
            raise EmbeddedError(msg)
        home = elsewhere
    elif home.exists() and home.stat().st_uid != 0:
        try:
            account = pwd.getpwuid(home.stat().st_uid)
        except KeyError:
            msg = f"{home} belongs to {owner_of(home)}, who has no account here"
            raise EmbeddedError(msg) from None
    return Cluster(home, reachable(find_binaries(), account), account)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
