"""Real PgBouncers between the service and its database, of each kind that can be found."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from testbed.cluster_files import role_settings
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster

_TRACKING = (1, 21)
# Several poolers may listen in one folder each; the number is a part of the socket's name only.
_PORT = 6432
_SBIN = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin"


@dataclass(frozen=True)
class Pooler:
    """A program of PgBouncer's.

    Attributes:
        program: its path.
        version: its version, as it spells it.
    """

    program: str
    version: str

    @property
    def tracks(self) -> bool:
        """Whether it can keep track of prepared statements."""
        major, minor = self.version.split(".")[:2]
        return (int(major), int(minor)) >= _TRACKING


def _found() -> Iterator[Pooler]:
    """Find the distribution's PgBouncer, and the newer one that .ci/run brings."""
    for name in ("pgbouncer", os.environ.get("TRACKING_PGBOUNCER")):
        program = shutil.which(name, path=_SBIN) if name else None
        if program:
            command = [program, "--version"]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            yield Pooler(program, said.split()[1])


POOLERS = list(_found())
TRACKING_POOLERS = [pooler for pooler in POOLERS if pooler.tracks]


def summary() -> str:
    """Say which there are, and what is skipped without them."""
    if not POOLERS:
        return "not installed (tests of poolers are skipped)"
    versions = ", ".join(pooler.version for pooler in POOLERS)
    missing = "; none that tracks prepared statements (TRACKING_PGBOUNCER is not set)"
    return versions + ("" if TRACKING_POOLERS else missing)


@contextmanager
def pooled(
    pooler: Pooler, cluster: Cluster, database: PostgresDatabase, mode: str, **settings: object
) -> Iterator[PostgresDatabase]:
    """Run a PgBouncer before a database; give the database behind it.

    Args:
        pooler: the program.
        cluster: the server, whose account runs the pooler too.
        database: a database there.
        mode: pool_mode.
        settings: others of PgBouncer's.
    """
    account = cluster.account
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as name:
        folder = Path(name)
        lines = {
            "listen_port": _PORT,
            "unix_socket_dir": folder,
            "pool_mode": mode,
            "auth_type": "any",
            "default_pool_size": 2,
            "ignore_startup_parameters": "options",
            **settings,
        }
        text = f"[databases]\n* = host={cluster.sockets} user=rentomatic\n[pgbouncer]\n"
        text += "".join(f"{key} = {value}\n" for key, value in lines.items())
        (folder / "pgbouncer.ini").write_text(text)
        if account:
            shutil.chown(folder, account.pw_uid, account.pw_gid)
        who = {"user": account.pw_uid, "group": account.pw_gid} if account else {}
        log = (folder / "log").open("w+")
        process = subprocess.Popen(
            [pooler.program, str(folder / "pgbouncer.ini")], stdout=log, stderr=log, **who
        )
        server = f"postgresql://rentomatic@/{database.name}"
        query = urlencode({"host": folder, "port": _PORT})
        behind = replace(database, url=f"{server}?{query}")
        try:
            _wait(process, folder)
            yield behind
        finally:
            # SIGTERM means at once to 1.18, and when all clients have gone to 1.24.
            process.kill()
            process.wait()
            log.close()


def _wait(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    socket = folder / f".s.PGSQL.{_PORT}"
    until(lambda: socket.exists() or process.poll() is not None)
    assert process.poll() is None, (folder / "log").read_text()


def let_role_carry_settings(database: PostgresDatabase) -> None:
    """Give the role what a pooler drops, by the commands of the manual."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        for command in role_settings():
            own = command.replace("database rentomatic", f"database {database.name}")
            connection.execute(own.encode())
