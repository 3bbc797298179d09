"""Failovers during writes: a synchronous standby has each acknowledged room.

Each time three servers are made, the primary is killed or frozen, and the standby that has received
most is promoted at once, as a cluster manager would do.
"""

import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from report import Report
from service import service_on
from testbed.failover import fail_over, new_group
from testbed.processes import crash, freeze
from testbed.replication import Server, hold_back
from testbed.writers import Writers

# A server that is frozen is noticed after 4.5 s.
KILLED_SECONDS, FROZEN_SECONDS = 1.0, 5.0
_EXPECTED = {HTTPStatus.CREATED, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass
class Seen:
    """What several failovers cost.

    Attributes:
        seconds: how long writes failed after each promotion.
        acknowledged: the number of acknowledged rooms.
        lost: how many of them no longer exist.
        doubled: how many exist more than once.
        statuses: how often each status came.
    """

    seconds: list[float] = field(default_factory=list)
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    def __str__(self) -> str:
        seen = f"{self.acknowledged:,} rooms acknowledged, lost {self.lost}, "
        seen += f"doubled {self.doubled}, first after {max(self.seconds):.2f} s at most "
        return seen + f"({statistics.median(self.seconds):.2f} s median)"

    def is_good(self, most_seconds: float) -> bool:
        """Whether writes came back in time, and no other failures were seen."""
        return max(self.seconds) <= most_seconds and {*self.statuses} <= _EXPECTED


def promote_under_writes(report: Report, times: int) -> None:
    """Lose primaries with synchronous standbys, then some with standbys that lag."""
    for what, lose, most in (
        ("kill -9 of the primary", crash, KILLED_SECONDS),
        ("a frozen primary", freeze, FROZEN_SECONDS),
    ):
        seen = _repeat(times, lose, is_synchronous=True)
        is_kept = not (seen.lost or seen.doubled)
        report.add(f"{times} times {what}", str(seen), is_good=is_kept and seen.is_good(most))
    seen = _repeat(times, crash, is_synchronous=False)
    report.add(
        f"{times} times without synchronous ones", str(seen), is_good=seen.is_good(KILLED_SECONDS)
    )


def _repeat(times: int, lose: Callable[[Server], None], *, is_synchronous: bool) -> Seen:
    seen = Seen()
    for _ in range(times):
        with (
            new_group(is_synchronous=is_synchronous) as group,
            service_on(group.primary, group.database) as service,
            Writers(service.address, service.token) as writers,
        ):
            if not is_synchronous:
                hold_back(group.primary)
            failover = fail_over(writers, group, lose)
        seen.seconds.append(failover.seconds)
        seen.acknowledged += len(writers.acknowledged)
        seen.lost += failover.found.lost
        seen.doubled += failover.found.doubled
        seen.statuses += writers.statuses
    return seen
