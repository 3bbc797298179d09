"""Attempts of which the first success is wanted, without waiting for one that hangs."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

T = TypeVar("T")

# After which the next attempt starts beside those that have not ended.
PATIENCE_SECONDS = 0.25


def first_success(
    attempts: Sequence[Callable[[], T | None]], discard: Callable[[T], object]
) -> T | None:
    """Return the first result that is not None; None if all attempts fail.

    An attempt starts when those before it have failed, or have taken a moment.

    Args:
        attempts: in the order of preference; several run in threads of their own.
        discard: called with a success that came too late.
    """
    if len(attempts) == 1:
        return attempts[0]()
    running: set[Future[T | None]] = set()
    for number, attempt in enumerate(attempts, 1):
        running.add(_started(attempt))
        is_last = number == len(attempts)
        while running:
            ended, running = wait(running, None if is_last else PATIENCE_SECONDS, FIRST_COMPLETED)
            if not ended:
                break
            for each in ended:
                if (result := each.result()) is not None:
                    _discard_all(ended.difference({each}) | running, discard)
                    return result
    return None


def _started(attempt: Callable[[], T | None]) -> Future[T | None]:
    """Start an attempt in a thread that does not keep the process alive, as a pool's would."""
    future: Future[T | None] = Future()

    def run() -> None:
        try:
            future.set_result(attempt())
        except BaseException as error:  # noqa: BLE001 - raised where the result is read
            future.set_exception(error)

    threading.Thread(target=run, name="attempt", daemon=True).start()
    return future


def _discard_all(futures: set[Future[T | None]], discard: Callable[[T], object]) -> None:
    def end(future: Future[T | None]) -> None:
        if not future.exception() and (result := future.result()) is not None:
            discard(result)

    for each in futures:
        each.add_done_callback(end)
