"""Processes and ports of this machine."""

import random
import socket
from contextlib import suppress
from pathlib import Path

from rentomatic.embedded.cluster import Cluster

# The kernel does not use these for outgoing connections.
_PORTS = (20_000, 32_000)
# Not `random`, which pytest-randomly seeds the same for each test.
_CHANCE = random.SystemRandom()


def free_port() -> int:
    """Find a port that is free on all addresses and not used for outgoing connections."""
    while True:
        port = _CHANCE.randint(*_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("", port))
            return port


def children_of(process: int) -> set[int]:
    """List the running children of a process."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            after_name = stat.read_text(errors="replace").rpartition(")")[2].split()
            if int(after_name[1]) == process and after_name[0] != "Z":
                found.add(int(stat.parent.name))
    return found


def family_of(process: int) -> set[int]:
    """List a process and its running descendants."""
    family = {process}
    for child in children_of(process):
        family |= family_of(child)
    return family


def processes_of(cluster: Cluster) -> list[int]:
    """List the processes of a PostgreSQL server."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == cluster.home / "data":
                found.append(int(entry.name))
    return found
