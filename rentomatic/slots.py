"""Slots: how much work of one kind a process does at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore


class Slots:
    """Slots that are taken or refused at once; nothing waits for one.

    Args:
        most: the number of slots; None for no limit.
        within: a larger set of slots; each slot of this set also takes one of those.
    """

    def __init__(self, most: int | None = None, within: "Slots | None" = None) -> None:
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
            is_taken = is_taken or self._take()
            return is_taken

        try:
            yield take
        finally:
            if is_taken:
                self._free()

    def _take(self) -> bool:
        if self._semaphore and not self._semaphore.acquire(blocking=False):
            return False
        if self._within and not self._within._take():  # noqa: SLF001 - of the same class
            if self._semaphore:
                self._semaphore.release()
            return False
        return True

    def _free(self) -> None:
        if self._within:
            self._within._free()  # noqa: SLF001 - of the same class
        if self._semaphore:
            self._semaphore.release()


class ThreadShares:
    """Limits how many of a process's threads do slow work; one stays free for fast requests.

    Attributes:
        streams: searches without a limit: half of the threads.
        searches: searches that read many rooms: a quarter.
        batches: writes of batches: a quarter.
    """

    def __init__(self, threads: int) -> None:
        long = Slots(max(1, threads - 1))
        self.streams = Slots(max(1, threads // 2), long)
        self.searches = Slots(max(1, threads // 4), long)
        self.batches = Slots(max(1, threads // 4), long)
