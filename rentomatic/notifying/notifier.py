"""What `rentomatic notify` does: wait for its turn, follow the changes, deliver the messages."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing

import psycopg

from rentomatic.notifying.delivering import Deliverer
from rentomatic.notifying.following import Follower
from rentomatic.notifying.turn import Turn
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresnotifications import (
    Delivery,
    OvertakenError,
    PostgresNotifications,
    Result,
)

logger = logging.getLogger(__name__)

# How often to look for changes and for messages that are due, and to try again to get the turn.
_PAUSE_SECONDS = 0.25
_TURN_SECONDS = 1.0


class Notifier:
    """Notifies until it is stopped, and while it is its turn.

    Args:
        conninfo: the database.
        connections: to the same.
        send: sends a message.
    """

    def __init__(
        self, conninfo: str, connections: Connections, send: Callable[[Delivery], Result]
    ) -> None:
        self._turn = Turn(conninfo)
        self._changes = PostgresChanges(connections)
        self._queue = PostgresNotifications(connections)
        self._send = send
        self._is_stopping = False
        self._wake = threading.Event()

    def stop(self) -> None:
        """Let `run` return soon: when what is being sent has been."""
        self._is_stopping = True
        self._wake.set()

    def run(self) -> None:
        """Notify; whatever the database does, try again."""
        reason = ""
        while not self._is_stopping:
            try:
                if self._turn.take():
                    logger.info("notifying")
                    reason = ""
                    self._notify()
            except (RepositoryUnavailableError, psycopg.Error, OvertakenError) as error:
                if str(error) != reason:
                    reason = str(error)
                    logger.warning("cannot notify now: %s", reason or type(error).__name__)
            self._turn_or_pause()
        self._turn.leave()

    def _turn_or_pause(self) -> None:
        if not self._is_stopping:
            self._wake.clear()
            self._wake.wait(_TURN_SECONDS)

    def _notify(self) -> None:
        """Notify until stopped, or until the turn is lost."""
        follower = Follower(self._changes, self._queue)
        with closing(Deliverer(self._queue, self._send, self._wake.set)) as deliverer:
            checked = time.monotonic()
            while not self._is_stopping:
                self._wake.clear()
                has_more = follower.step()
                deliverer.step()
                if time.monotonic() - checked >= _TURN_SECONDS:
                    checked = time.monotonic()
                    if not self._turn.is_held():
                        self._turn.leave()
                        logger.warning("lost the turn")
                        return
                if not has_more:
                    self._wake.wait(_PAUSE_SECONDS)
