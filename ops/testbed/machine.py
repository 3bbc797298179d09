"""A Debian container with systemd, in which Rent-o-Matic is installed.

The variable BOOT_SYSTEMD names the tool that boots it, with the commands `check`, `start`, `exec`,
`net-exec`, `copy`, `restart` and `reset`; it reads the machine's name from BOOT_SYSTEMD_NAME.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Self

from testbed.waiting import until

ROOT = Path(__file__).resolve().parents[2]
CHECKOUT = "/root/checkout"
SITE = "http://localhost:8080"
SETTINGS = "/etc/rentomatic/rentomatic.env"
TOKENS = "/etc/rentomatic/tokens"
LONG = 600  # where packages are installed
NOT_HERE = 77
# Generated files of a checkout.
MADE = (
    ".git",
    ".venv",
    ".data",
    ".env",
    ".hypothesis",
    "build",
    "__pycache__",
    "*.egg-info",
    "*_cache",
)


def tool() -> str:
    """Return the tool that boots machines, or an empty string if BOOT_SYSTEMD is not set."""
    return os.environ.get("BOOT_SYSTEMD", "")


def why_not_here() -> str:
    """Return why no machine can be booted here, or an empty string if one can."""
    if not tool():
        return "BOOT_SYSTEMD is not set"
    try:
        checked = subprocess.run([tool(), "check"], capture_output=True, text=True, check=False)
    except OSError as error:
        return f"BOOT_SYSTEMD={tool()} cannot be run: {error.strerror}"
    if checked.returncode == 0:
        return ""
    return " ".join(checked.stderr.split()) or f"{tool()} check exited with {checked.returncode}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer.

    Attributes:
        status: its status; 0 for no answer.
        headers: its headers, by their names in lower case.
        body: its body.
    """

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass
class Load:
    """Continuous requests from outside the service; the attributes are set at the end.

    Attributes:
        statuses: how often each status came.
        failures: how often each exception came instead of an answer.
        longest: the longest wait in seconds.
        gap: the longest time in which one thread got no 200, in seconds.
    """

    process: subprocess.Popen[str]
    statuses: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    longest: float = 0.0
    gap: float = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        output, _ = self.process.communicate(timeout=LONG)
        seen = json.loads(output)
        self.statuses, self.failures = seen["statuses"], seen["failures"]
        self.longest, self.gap = seen["longest"], seen["gap"]

    @property
    def requests(self) -> int:
        """The number of requests."""
        return sum(self.statuses.values()) + sum(self.failures.values())

    @property
    def failed(self) -> dict[str, int]:
        """How often each result other than 200 came."""
        return {
            name: count for name, count in (self.statuses | self.failures).items() if name != "200"
        }


def start_load(url: str, threads: int, *within: str, env: Mapping[str, str] | None = None) -> Load:
    """Start continuous requests from a process that Ctrl-C does not reach: it ends with its input.

    Args:
        url: what to request, with a query.
        threads: how many requests at the same time.
        within: a command that runs others.
        env: the environment.
    """
    command = [*within, sys.executable, str(Path(__file__).with_name("load.py"))]
    return Load(
        subprocess.Popen(
            [*command, url, str(threads)],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    )


class Machine:
    """One machine."""

    def __init__(self) -> None:
        self._environment = os.environ | {
            "BOOT_SYSTEMD_NAME": f"rentomatic-{os.getpid()}",
            "BOOT_SYSTEMD_PACKAGES": "jq postgresql",
        }

    def tool(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the tool."""
        done = subprocess.run(
            [tool(), *words],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONG,
        )
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done

    def try_to(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command that may fail."""
        return self.tool("exec", *command, check=False)

    def run(self, *command: str) -> str:
        """Run a command; return its output."""
        return self.tool("exec", *command).stdout.rstrip("\n")

    def shell(self, script: str) -> str:
        """Run a shell script."""
        return self.run("sh", "-euc", script)

    def sql(self, statement: str) -> str:
        """Run a statement as PostgreSQL's administrator; return its rows, one per line."""
        return self.run("runuser", "-u", "postgres", "--", "psql", "-XAtqc", statement)

    def boot(self) -> None:
        """Boot a new machine and start its PostgreSQL."""
        self.tool("reset")
        self.tool("start")
        # The host's certificates are mounted over Debian's, which include the server's.
        self.run("pg_conftool", "15", "main", "set", "ssl", "off")
        self.run("systemctl", "restart", "postgresql")

    def copy_checkout(self, to: str = CHECKOUT) -> None:
        """Copy this checkout."""
        self.run("rm", "-rf", to)
        # The tool may refuse files that change while it reads them, as those of a checkout may.
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "checkout"
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*MADE), symlinks=True)
            self.tool("copy", str(copy), to)

    def ops(self, command: str, *arguments: str, at: str = CHECKOUT) -> str:
        """Run a command of a checkout's ops/ on the machine; return its output."""
        done = self.try_ops(command, *arguments, at=at)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def try_ops(
        self, command: str, *arguments: str, at: str = CHECKOUT
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of ops/ that may fail."""
        # Uses the host's network, for pip and apt.
        return self.tool("exec", "-H", f"{at}/ops/{command}", *arguments, check=False)

    def get(self, path: str, *options: str) -> Answer:
        """Send a request through nginx."""
        url = path if path.startswith("http") else SITE + path
        asked = self.try_to("curl", "--silent", "--include", "--max-time", "30", *options, url)
        if asked.returncode:
            return Answer(0, {}, asked.stderr)
        head, _, body = asked.stdout.replace("\r\n", "\n").partition("\n\n")
        first, *lines = head.splitlines()
        pairs = (line.partition(": ") for line in lines)
        return Answer(int(first.split()[1]), {name.lower(): text for name, _, text in pairs}, body)

    def is_ready(self) -> bool:
        """Whether the service and its database are ready."""
        return self.get("/health/ready").status == HTTPStatus.OK

    def load(self, threads: int = 2) -> Load:
        """Start continuous requests from this number of threads; use the result as a context."""
        url = "http://127.0.0.1:8080/rooms?limit=3"
        return start_load(url, threads, tool(), "net-exec", env=self._environment)

    def main_process(self) -> int:
        """Return the id of gunicorn's main process, or 0 if it is not running."""
        return int(self.run("systemctl", "show", "--property=MainPID", "--value", "rentomatic"))

    def workers(self) -> set[int]:
        """Return the ids of its workers."""
        found = self.try_to("pgrep", "--parent", str(self.main_process())).stdout
        return {int(number) for number in found.split()}

    def reload(self) -> None:
        """Reload, and wait until all former workers are gone."""
        before = self.workers()
        self.run("systemctl", "reload", "rentomatic")
        until(lambda: self.workers() and not self.workers() & before)

    def logs(self, text: str) -> None:
        """Wait until the journal of the service contains a text among its last lines."""
        log = ("journalctl", "--unit=rentomatic", "--lines=20", "--output=cat")
        until(lambda: text in self.run(*log))

    def release(self) -> str:
        """Return the name of the current release."""
        return Path(self.run("readlink", "/opt/rentomatic/current")).name

    def version(self) -> str:
        """Return the version of systemd."""
        found = re.search(r"\((.*)\)", self.run("systemctl", "--version"))
        return found[1] if found else "?"

    @contextmanager
    def setting(self, line: str) -> Iterator[None]:
        """Add a line to the settings, and remove it at the end."""
        self.shell(f"cp -p {SETTINGS} /root/settings && printf '%s\\n' '{line}' >>{SETTINGS}")
        try:
            yield
        finally:
            self.shell(f"cp -p /root/settings {SETTINGS}")


@contextmanager
def installed_machine() -> Iterator[Machine]:
    """Boot a machine with Rent-o-Matic installed and running; remove it at the end."""
    machine = Machine()
    try:
        machine.boot()
        machine.copy_checkout()
        machine.ops("install")
        machine.run("systemctl", "start", "rentomatic")
        until(machine.is_ready)
        yield machine
    finally:
        machine.tool("reset", check=False)
