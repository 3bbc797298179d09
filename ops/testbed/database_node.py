"""A database machine of ops/cluster on this machine: etcd, Patroni and PostgreSQL.

It is a loopback address and a folder, in which all of its processes run.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from rentomatic.embedded.binaries import UNPRIVILEGED
from testbed.cluster_files import PATH, fill, program, variables
from testbed.processes import freeze_in, kill_in, processes_in, thaw_in

# The account that runs the servers; None for our own.
ACCOUNT = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
_ANSWER_SECONDS = 2


@dataclass
class Place:
    """A folder in which programs run.

    Attributes:
        home: the folder.
    """

    home: Path
    _started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def make(self) -> None:
        """Make the folder, for the account that runs servers."""
        self.home.mkdir(mode=0o755)
        if ACCOUNT:
            os.chown(self.home, ACCOUNT.pw_uid, ACCOUNT.pw_gid)

    def run(self, command: list[str], **settings: str) -> None:
        """Start a program, out of the reach of Ctrl-C; its output goes into the file `log`."""
        own = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": str(self.home)}
        with (self.home / "log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.home,
                env=own | settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=ACCOUNT.pw_uid if ACCOUNT else None,
                group=ACCOUNT.pw_gid if ACCOUNT else None,
                extra_groups=[] if ACCOUNT else None,
            )
        self._started.append(process)

    @property
    def log(self) -> str:
        """What its programs have logged."""
        return (self.home / "log").read_text(errors="replace")

    def freeze(self) -> None:
        """Stop all its processes where they are."""
        freeze_in(self.home)

    def thaw(self) -> None:
        """Let frozen processes go on."""
        thaw_in(self.home)

    def kill(self) -> None:
        """Kill all its processes, none of which can react to the death of another."""
        self.freeze()
        kill_in(self.home)
        for each in self._started:
            each.wait()
        self._started.clear()


class Node(Place):
    """A database machine."""

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        super().__init__(home)
        self.name = home.name
        self.address = settings["ADDRESS"]
        self.etcd = Place(home / "etcd")
        folders = {"DATA": f"{home}/data", "SOCKETS": str(home), "ETCD_DATA": f"{home}/etcd/data"}
        self._settings = {**settings, **folders}

    @property
    def config(self) -> Path:
        """Patroni's file."""
        return self.home / "patroni.yml"

    def make(self) -> None:
        """Make its folder with its files."""
        super().make()
        self.etcd.make()
        self.config.write_text(fill("patroni.yml", self._settings))

    def start(self) -> None:
        """Start etcd and Patroni, as at boot."""
        self.start_etcd()
        self.run([program("patroni"), str(self.config)])

    def start_etcd(self) -> None:
        """Start its member of etcd."""
        self.etcd.run([program("etcd")], **variables(fill("etcd.env", self._settings)))

    def stop_postgres(self) -> None:
        """Let PostgreSQL end at once, but remove its shared memory; Patroni is killed before."""
        self.etcd.kill()
        for each in self._started:
            each.kill()
        self.thaw()
        with suppress(OSError, ValueError):
            server = int((self.home / "data" / "postmaster.pid").read_text().split()[0])
            if server in processes_in(self.home):
                os.kill(server, signal.SIGQUIT)

    def clear(self) -> None:
        """Remove its data, as on a new machine, which joins the others' etcd."""
        for data in (self.home / "data", self.etcd.home / "data"):
            shutil.rmtree(data)
        self._settings["ETCD_STATE"] = "existing"

    def kill(self) -> None:
        """Kill the machine."""
        super().kill()
        self.etcd.kill()

    def ask_patroni(self, path: str) -> bytes:
        """Return a good answer of Patroni's REST API, or nothing."""
        return _get(self.address, 8008, path)

    def ask_etcd(self, path: str) -> bytes:
        """Return a good answer of etcd, or nothing."""
        return _get(self.address, 2379, path)


def _get(address: str, port: int, path: str) -> bytes:
    with closing(HTTPConnection(address, port, timeout=_ANSWER_SECONDS)) as connection:
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.read() if answer.status == HTTPStatus.OK else b""
        except (OSError, HTTPException):
            return b""
