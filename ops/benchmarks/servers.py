"""The measured servers, and pgbench, as processes."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qsl
from urllib.request import urlopen

from testbed.processes import children_of, free_port
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster, embedded_cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import psql_arguments
from rentomatic.repository.plans import CUSTOM_PLANS, GENERIC_PLANS, is_index_range
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import MAX_LIMIT, RoomListRequest, build_room_list_request
from rentomatic.requests.room_order import Position
from rentomatic.resources import shipped

CLIENTS = 8
PAGE = 20


@contextmanager
def temporary_cluster() -> Iterator[Cluster]:
    """Run an embedded server and remove it at the end."""
    # Readable by all: the server may run as another account.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with embedded_cluster(Path(folder) / "data") as cluster:
            yield cluster


@dataclass(frozen=True, slots=True)
class Server:
    """A web server that is measured.

    Attributes:
        url: where it answers.
        process: the number of its master, or of itself.
    """

    url: str
    process: int

    def workers(self) -> set[int]:
        """Return the process numbers of its workers."""
        return children_of(self.process)

    def peak_megabytes(self) -> float:
        """Return the peak resident memory of the largest worker."""
        peaks = []
        for worker in self.workers():
            status = Path(f"/proc/{worker}/status").read_text(encoding="ascii")
            match = re.search(r"VmHWM:\s+(\d+) kB", status)
            peaks.append(int(match[1]) if match else 0)
        return max(peaks) / 1024


@contextmanager
def gunicorn(
    database: PostgresDatabase,
    place: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run the service as in production; also on a unix socket if its path is given."""
    command = ["-m", "gunicorn", "--config", str(shipped("ops") / "gunicorn.conf.py")]
    command += ["--bind", f"unix:{place}"] if place else []
    settings = {"DATABASE_URL": database.url, **(variables or {})}
    with serving(lambda address: [*command, "--bind", address], settings) as server:
        yield server


@contextmanager
def serving(
    arguments: Callable[[str], list[str]],
    variables: Mapping[str, str],
    python: str | Path = sys.executable,
) -> Iterator[Server]:
    """Run a server, given the arguments of Python for an address."""
    address = f"127.0.0.1:{free_port()}"
    command = [python, *arguments(address)]
    # A line is logged for each request; they are not needed here.
    with subprocess.Popen(
        command, env=os.environ | variables, stdout=subprocess.DEVNULL
    ) as process:
        try:
            url = f"http://{address}/rooms?limit=1"
            until(lambda: process.poll() is not None or _answers(url))
            assert process.poll() is None, "the server ended"
            yield Server(f"http://{address}", process.pid)
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    with suppress(OSError):
        urlopen(url).close()  # noqa: S310 - our own server
        return True
    return False


def read_search(query: str) -> RoomListRequest:
    """Parse a query string as the service does."""
    filters, given = arguments_of(query)
    request = build_room_list_request(filters, PAGE, **given)
    if not request:
        sys.exit(f"{query}: {request}")
    return request


def arguments_of(query: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the filters of a query string, and its other parameters."""
    given: dict[str, str] = dict(parse_qsl(query))
    filters = {name[7:]: given.pop(name) for name in list(given) if name.startswith("filter_")}
    return filters, given


def milliseconds_of(act: Callable[[], object], times: int = 100) -> list[float]:
    """Act repeatedly; return the sorted durations in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


@dataclass(frozen=True)
class Database:
    """Runs the service's statements without the service."""

    database: PostgresDatabase
    cluster: Cluster
    connections: Connections

    @cached_property
    def repository(self) -> PostgresRepo:
        """The service's repository."""
        return PostgresRepo(self.connections)

    def milliseconds(self, request: RoomListRequest, times: int = 100) -> list[float]:
        """Search repeatedly; return the sorted durations in milliseconds."""
        return milliseconds_of(lambda: self.repository.search(request), times)

    def position(self, request: RoomListRequest, number: int) -> Position:
        """Return the position after this number of rooms in the request's order."""
        position: Position | None = None
        while number:
            step = min(number, MAX_LIMIT)
            page = self.repository.search(replace(request, limit=step, after=position))
            position = page.next
            number -= step
        assert position
        return position

    def plan(self, request: RoomListRequest) -> str:
        """Return the query plan of a search."""
        text, parameters = self.repository.page_statement(request)
        rows = self.connections.read(lambda each: each.run(b"explain " + text, parameters))
        return "\n".join(row[0] for row in rows)

    def pgbench(self, request: RoomListRequest, seconds: int, clients: int = CLIENTS) -> float:
        """Run a search's statement with pgbench, prepared; return its rate per second."""
        text, parameters = self.repository.page_statement(request)
        script = re.sub(r"%\((\w+)\)s", r":\1", text.decode()).replace("%%", "%")
        settings = GENERIC_PLANS if is_index_range(request) else CUSTOM_PLANS
        return self.pgbench_script(script, seconds, parameters, settings, clients)

    def pgbench_script(
        self,
        script: str,
        seconds: int,
        parameters: Mapping[str, object] | None = None,
        settings: Mapping[str, str] = CUSTOM_PLANS,
        clients: int = CLIENTS,
    ) -> float:
        """Run a pgbench script, prepared; return its rate per second."""
        given = (parameters or {}).items()
        variables = [f"--define={name}={_spelt(value)}" for name, value in given]
        arguments, password = psql_arguments(self.database)
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            command = [str(self.cluster.binaries / "pgbench"), "-n", "-M", "prepared"]
            threads = str(min(clients, 2))
            command += ["-c", str(clients), "-j", threads, "-T", str(seconds), "-f", file.name]
            options = " ".join(f"-c {name}={value}" for name, value in settings.items())
            environment = os.environ | password
            environment["PGOPTIONS"] = f"{self.connections.options} {options}"
            result = subprocess.run(
                [*command, *variables, *arguments],
                capture_output=True,
                text=True,
                check=False,
                env=environment,
            )
        match = re.search(r"tps = ([\d.]+)", result.stdout)
        if not match:
            sys.exit(f"pgbench fails: {result.stderr}")
        return float(match[1])


def _spelt(value: object) -> str:
    if isinstance(value, list):
        return f"{{{','.join(map(str, value))}}}"
    return str(value)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a Markdown table whose first column is left-aligned."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
