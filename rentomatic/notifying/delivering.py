"""Delivers queued messages: a few at a time, each search's in order."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

from rentomatic.repository.postgresnotifications import (
    Delivery,
    PostgresNotifications,
    Result,
)

logger = logging.getLogger(__name__)

# How many messages are sent at a time, how many of them to one host, and how many of searches that
# are failing: slow and broken receivers then hold up no others.
SENDERS = 32
SENDERS_PER_HOST = 8
SENDERS_OF_FAILING = 16


class Deliverer:
    """Gives due messages to threads that send them; its methods are for one thread.

    Args:
        queue: the messages.
        send: sends one; called by several threads.
        on_sent: called when one was sent, by the thread that sent it.
    """

    def __init__(
        self,
        queue: PostgresNotifications,
        send: Callable[[Delivery], Result],
        on_sent: Callable[[], object] = lambda: None,
    ) -> None:
        self._queue = queue
        self._send = send
        self._on_sent = on_sent
        self._pool = ThreadPoolExecutor(SENDERS, "sender")
        self._sending: dict[UUID, Delivery] = {}
        # What was sent and is not remembered yet.
        self._results: list[Result] = []
        self._lock = threading.Lock()

    def step(self) -> None:
        """Remember what was sent, and begin to send what is due."""
        self._remember()
        while (free := SENDERS - len(self._sending)) and (due := self._due(free)):
            if not sum(map(self._begin, due)):
                break

    def _remember(self) -> None:
        with self._lock:
            results = list(self._results)
        if not results:
            return
        self._queue.remember(results)
        with self._lock:
            del self._results[: len(results)]
        for each in results:
            del self._sending[each.delivery.search]
            _log(each)

    def _due(self, free: int) -> list[Delivery]:
        hosts = Counter(each.host for each in self._sending.values())
        full = [host for host, count in hosts.items() if count >= SENDERS_PER_HOST]
        failing = sum(each.failing_since is not None for each in self._sending.values())
        only_new = failing >= SENDERS_OF_FAILING
        return self._queue.due(self._sending, full, free, only_new=only_new)

    def _begin(self, delivery: Delivery) -> bool:
        """Begin to send a message, unless too many others like it are being sent."""
        others = self._sending.values()
        if sum(each.host == delivery.host for each in others) >= SENDERS_PER_HOST:
            return False
        failing = sum(each.failing_since is not None for each in others)
        if delivery.failing_since is not None and failing >= SENDERS_OF_FAILING:
            return False
        self._sending[delivery.search] = delivery
        self._pool.submit(self._send, delivery).add_done_callback(self._sent)
        return True

    def _sent(self, future: Future[Result]) -> None:
        with self._lock:
            self._results.append(future.result())
        self._on_sent()

    def close(self) -> None:
        """Wait until what is being sent has been, and remember it."""
        self._pool.shutdown()
        self._remember()


def _log(result: Result) -> None:
    search = result.delivery.search
    if result.disabled_reason is not None:
        logger.warning("search %s is disabled: %s", search, result.disabled_reason)
    elif result.delay is not None:
        attempt = result.delivery.attempts + 1
        seconds = result.delay.total_seconds()
        logger.warning(
            "search %s: attempt %s failed: %s; next in %.0f s",
            *(search, attempt, result.failure, seconds),
        )
