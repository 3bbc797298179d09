"""How many connections each worker has open, so that new ones go to the workers with the fewest."""

import mmap
from functools import cache

# How many connections more than another worker one has before it leaves a new one to that.
SLACK = 4
# For how long it does: a worker that is idle needs less, and one that is stuck must not matter.
DEFER_SECONDS = 0.002

# More than there are workers, even while a reload doubles them.
_PLACES = 128
_BYTES = 4


@cache
def shared_loads() -> memoryview:
    """Return a number for each worker: 1 more than its connections, or 0 if it accepts none now.

    Processes that are forked after its first use share them.
    """
    return memoryview(mmap.mmap(-1, _PLACES * _BYTES)).cast("I")


class Load:
    """The load of one worker, beside those of the others.

    The kernel wakes all workers for a new connection, and the one that is already awake is usually
    the fastest. Without this, it gets nearly all the connections of a client that keeps them.

    Args:
        worker: how many workers were started before this one.

    Attributes:
        defers_until: when this worker accepts connections again, by `time.monotonic()`.
    """

    def __init__(self, worker: int) -> None:
        self._loads = shared_loads()
        self._place = worker % _PLACES
        self.defers_until = 0.0

    def report(self, connections: int, *, is_accepting: bool) -> None:
        """Tell the others how many connections this worker has, and whether it accepts more."""
        self._loads[self._place] = connections + 1 if is_accepting else 0

    def defers(self, connections: int, now: float) -> bool:
        """Return whether to leave a new connection to a worker with fewer, for DEFER_SECONDS.

        What comes in as many seconds after that is accepted: the others have had their time.
        """
        least = min(filter(None, self._loads), default=0)
        has_more = 0 < least <= connections + 1 - SLACK
        if not has_more or now < self.defers_until + DEFER_SECONDS:
            return False
        self.defers_until = now + DEFER_SECONDS
        return True


def forget(worker: int) -> None:
    """Remove the load of a worker that has ended."""
    shared_loads()[worker % _PLACES] = 0
