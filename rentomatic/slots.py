"""Slots: how much work of one kind a process does at a time, or all processes together."""

import fcntl
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore, Condition


class Slots:
    """Slots of this process, taken or refused at once: nothing waits for one.

    Args:
        most: the number of slots; None for no limit.
        within: larger sets of slots; each slot of this set also takes one of each of those.
    """

    def __init__(self, most: int | None = None, *within: "Slots | SharedSlots") -> None:
        self._semaphore = BoundedSemaphore(most) if most else None
        self._within = within

    @contextmanager
    def open(self) -> Iterator[Callable[[], bool]]:
        """Return a function that takes a slot and returns whether it did; the context frees it.

        Further calls do not take a second slot.
        """
        is_taken = False

        def take() -> bool:
            nonlocal is_taken
            is_taken = is_taken or self.take()
            return is_taken

        try:
            yield take
        finally:
            if is_taken:
                self.free()

    def take(self) -> bool:
        """Take a slot, here and in the larger sets; return whether there was one."""
        if self._semaphore and not self._semaphore.acquire(blocking=False):
            return False
        for number, limit in enumerate(self._within):
            if not limit.take():
                self._give_back(self._within[:number])
                return False
        return True

    def free(self) -> None:
        """Give a slot back."""
        self._give_back(self._within)

    def _give_back(self, taken: tuple["Slots | SharedSlots", ...]) -> None:
        for limit in taken:
            limit.free()
        if self._semaphore:
            self._semaphore.release()


class SharedSlots:
    """Slots of all processes that are forked after this is made.

    Each is a lock on a file without a name, so that the kernel frees those of a process that dies.
    """

    def __init__(self, most: int) -> None:
        self._files = [os.memfd_create("slot") for _ in range(most)]
        self._held: list[int] = []

    def take(self) -> bool:
        """Take a slot; return whether there was one."""
        return any(self._lock(file) for file in self._files)

    def free(self) -> None:
        """Give a slot back."""
        os.close(self._held.pop())

    def _lock(self, file: int) -> bool:
        # Opened anew: forks share what was opened before them, and with it the lock.
        opened = os.open(f"/proc/self/fd/{file}", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(opened)
            return False
        self._held.append(opened)
        return True


class Turns:
    """Slots of this process for short work, which is worth a short wait.

    Args:
        most: the number of slots.
        seconds: how long a thread waits for one. If none was taken or freed for that long, the work
            hangs, and further threads are refused at once.
    """

    def __init__(self, most: int, seconds: float = 1.0) -> None:
        self._free = most
        self._seconds = seconds
        self._moved = Condition()
        self._moved_at = -math.inf

    def take(self) -> bool:
        """Take a slot, after a short wait if necessary; return whether there was one."""
        with self._moved:
            wait = self._moved_at + self._seconds - time.monotonic()
            if not self._moved.wait_for(lambda: self._free > 0, wait):
                return False
            self._move(-1)
            return True

    def free(self) -> None:
        """Give a slot back."""
        with self._moved:
            self._move(1)
            self._moved.notify()

    def _move(self, change: int) -> None:
        self._free += change
        self._moved_at = time.monotonic()


@cache
def machine_shares() -> tuple[SharedSlots, SharedSlots]:
    """Return the slots that limit streams and large searches of all processes together.

    Processes that are forked after its first use share them. A large search keeps a processor of
    the database's busy, and short ones need one too. A stream also waits for its reader.
    """
    processors = len(os.sched_getaffinity(0))
    return SharedSlots(2 * processors), SharedSlots(max(1, processors // 2))


def writes_at_once(threads: int) -> int:
    """Return how many writes a process with this many threads makes at a time: half as many."""
    return max(1, threads // 2)


class ThreadShares:
    """Limits how many of a process's threads do slow work; one stays free for fast requests.

    Attributes:
        streams: searches without a limit: half of the threads, and of all processes together twice
            as many as there are processors.
        searches: searches that read many rooms: a quarter, and of all processes together half as
            many as there are processors.
        batches: writes of batches: a quarter.
        writes: all writes, including batches: half.
    """

    def __init__(self, threads: int) -> None:
        long = Slots(max(1, threads - 1))
        streams, searches = machine_shares()
        self.streams = Slots(max(1, threads // 2), long, streams)
        self.searches = Slots(max(1, threads // 4), long, searches)
        self.batches = Slots(max(1, threads // 4), long)
        self.writes = Turns(writes_at_once(threads))
