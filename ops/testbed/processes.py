"""Processes and ports of this machine."""

import atexit
import os
import random
import signal
import socket
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from rentomatic.embedded.cluster import Cluster

# The kernel does not use these for outgoing connections.
_PORTS = (20_000, 32_000)
# Not `random`, which pytest-randomly seeds the same for each test.
_CHANCE = random.SystemRandom()
# The last ports that were found, each as a socket that only has a name: until a server listens on
# its port, other processes must not find the same one.
_FOUND: deque[socket.socket] = deque()
_KEPT = 50


@atexit.register
def _forget() -> None:
    for each in _FOUND:
        each.close()


def free_port() -> int:
    """Find a port that is free on all addresses and not used for outgoing connections.

    No other process finds it as long as this one has not found 50 more.
    """
    while True:
        port = _CHANCE.randint(*_PORTS)
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0rentomatic-port-{port}")
            with socket.socket() as probe:
                probe.bind(("", port))
        except OSError:
            name.close()
            continue
        _FOUND.append(name)
        if len(_FOUND) > _KEPT:
            _FOUND.popleft().close()
        return port


def stat_of(entry: Path) -> list[str]:
    """Return the fields of a process that follow its name: state, parent, ... (proc(5), stat).

    Args:
        entry: its folder in /proc.
    """
    return (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()


def children_of(process: int) -> set[int]:
    """List the running children of a process."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent, *_ = stat_of(entry)
            if int(parent) == process and state != "Z":
                found.add(int(entry.name))
    return found


def family_of(process: int) -> set[int]:
    """List a process and its running descendants."""
    family = {process}
    for child in children_of(process):
        family |= family_of(child)
    return family


def processes_in(folder: Path) -> list[int]:
    """List the processes that run in a folder or below it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
    return found


def kill_in(folder: Path) -> None:
    """Kill all processes in a folder; the kernel keeps what they wrote."""
    while found := processes_in(folder):
        _send(signal.SIGKILL, found)


def freeze_in(folder: Path) -> None:
    """Stop all processes in a folder: servers accept connections, but answer nothing."""
    frozen: set[int] = set()
    while found := {*processes_in(folder)} - frozen:
        _send(signal.SIGSTOP, found)
        frozen |= found


def thaw_in(folder: Path) -> None:
    """Let frozen processes go on."""
    _send(signal.SIGCONT, processes_in(folder))


def processes_of(cluster: Cluster) -> list[int]:
    """List the processes of a PostgreSQL server."""
    return processes_in(cluster.home / "data")


def crash(cluster: Cluster) -> None:
    """Kill all processes of a server."""
    kill_in(cluster.home / "data")


def freeze(cluster: Cluster) -> None:
    """Stop all processes of a server."""
    freeze_in(cluster.home / "data")


def thaw(cluster: Cluster) -> None:
    """Let a frozen server go on."""
    thaw_in(cluster.home / "data")


def _send(number: int, processes: Iterable[int]) -> None:
    for process in sorted(processes):
        with suppress(ProcessLookupError):
            os.kill(process, number)
