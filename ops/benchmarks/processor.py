"""Processor time of processes, from /proc."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from servers import Server
from testbed.processes import family_of, processes_of, stat_of
from wrk import Load

from rentomatic.embedded.cluster import Cluster

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of a load, with the microseconds of processor time per answer."""

    load: Load
    server: float
    postgres: float

    @property
    def sum(self) -> float:
        """Both together."""
        return self.server + self.postgres


def measure(server: Server, cluster: Cluster, work: Callable[[], Load]) -> Measured:
    """Load a server, and measure the processor time that it takes."""
    before = _taken(server, cluster)
    load = work()
    after = _taken(server, cluster)
    served, stored = (taken_between(*each) for each in zip(before, after, strict=True))
    return Measured(load, served / load.answers * 1e6, stored / load.answers * 1e6)


def _taken(server: Server, cluster: Cluster) -> tuple[dict[int, float], dict[int, float]]:
    return (
        processor_seconds(family_of(server.process)),
        processor_seconds(processes_of(cluster)),
    )


def processor_seconds(processes: Iterable[int]) -> dict[int, float]:
    """Return the seconds, user and system, that each running process has taken (proc(5), stat)."""
    seconds = {}
    for process in processes:
        with suppress(OSError):  # it has ended
            fields = stat_of(Path(f"/proc/{process}"))
            seconds[process] = (int(fields[11]) + int(fields[12])) / _TICKS
    return seconds


def taken_between(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """Return the seconds that the processes still running have taken since then."""
    return sum(seconds - before.get(process, 0) for process, seconds in after.items())
