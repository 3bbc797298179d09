"""Slots: how many of a kind of work a process does at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore


class Slots:
    """Slots that nobody waits for: they are taken, or refused at once.

    Args:
        most: how many there are; None for any number.
        within: slots of which each of these takes one as well.
    """

    def __init__(self, most: int | None = None, within: "Slots | None" = None) -> None:
        self._semaphore = BoundedSemaphore(most) if most else None
        self._within = within

    @contextmanager
    def open(self) -> Iterator[Callable[[], bool]]:
        """Give a function that takes a slot and returns whether it did; the context frees it.

        Called again, it takes no second slot.
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
    """How many of a process's threads may do what takes long; one is left for what does not.

    Attributes:
        streams: searches without a limit: half of the threads.
        searches: searches that read many rooms: a quarter.
        batches: batches of rooms that are written: a quarter.
    """

    def __init__(self, threads: int) -> None:
        long = Slots(max(1, threads - 1))
        self.streams = Slots(max(1, threads // 2), long)
        self.searches = Slots(max(1, threads // 4), long)
        self.batches = Slots(max(1, threads // 4), long)
