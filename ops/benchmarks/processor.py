"""Processor time of processes, from /proc."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(processes: Iterable[int]) -> dict[int, float]:
    """Return the seconds, user and system, that each running process has taken (proc(5), stat)."""
    seconds = {}
    for process in processes:
        with suppress(OSError):  # it has ended
            stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
            fields = stat.rpartition(")")[2].split()
            seconds[process] = (int(fields[11]) + int(fields[12])) / _TICKS
    return seconds


def taken_between(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """Return the seconds that the processes still running have taken since then."""
    return sum(seconds - before.get(process, 0) for process, seconds in after.items())
