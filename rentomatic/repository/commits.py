"""Writes, and what happens to those whose COMMIT the server does not answer."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus

from rentomatic.repository.connection import Connection, NoAnswerError
from rentomatic.repository.errors import RepositoryUnfitError, RepositoryWritesError
from rentomatic.slots import Turns

logger = logging.getLogger(__name__)

# How often a thread looks whether it is no longer needed.
_POLL_SECONDS = 0.2
# How often it checks that the server still answers others.
_CHECK_SECONDS = 3.0

_Count = Callable[[int], None]


class Commits:
    """Limits how many writes are in progress, including those whose COMMIT is not answered.

    A COMMIT waits for its synchronous standby as long as that is away. No timeout ends this wait,
    and the server does not notice that a client has disconnected: each repeated write would take
    another of its connections. Cancelling it would show rooms that the standby lacks, and a
    repeated write would then be confirmed without it. So the connection waits on, without its
    thread, and keeps its turn.

    Args:
        turns: how many writes there may be; None for no limit.
        count: called with 1 for each COMMIT that is not answered in time, and -1 when it ends.
        connect: opens another connection to the server of one, to check it.
        on_silence: called with a connection and the reason if its server answers nobody.
    """

    def __init__(
        self,
        turns: Turns | None,
        count: _Count,
        connect: Callable[[Connection], Connection],
        on_silence: Callable[[Connection, str], None],
    ) -> None:
        self._turns = turns or Turns(sys.maxsize)
        self._count = count
        self._connect = connect
        self._on_silence = on_silence
        self._closed = threading.Event()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold one of the turns.

        Raises:
            RepositoryWritesError: if none becomes free soon.
        """
        if not self._turns.take():
            raise RepositoryWritesError("too many writes are in progress")
        try:
            yield
        finally:
            self._turns.free()

    def keep(self, connection: Connection, turn: ExitStack, is_lost: Callable[[], bool]) -> None:
        """Let a connection wait for the answer to its COMMIT in a thread of its own.

        Args:
            connection: it is closed at the end.
            turn: its turn, which ends with it.
            is_lost: returns whether the server is known to have stopped answering.
        """
        logger.warning(
            "the database has not confirmed a write, which may have been made: "
            "does it wait for a synchronous standby?"
        )
        self._count(1)
        turn.callback(self._count, -1)
        turn.enter_context(closing(connection))
        arguments = (connection, turn, is_lost)
        threading.Thread(target=self._wait, args=arguments, name="commit", daemon=True).start()

    def close(self) -> None:
        """End the waits."""
        self._closed.set()

    def _wait(self, connection: Connection, turn: ExitStack, is_lost: Callable[[], bool]) -> None:
        since = checked = time.monotonic()
        answer: str | None = None
        with turn:
            while not (answer or is_lost() or self._closed.is_set()):
                answer = _answer_on(connection)
                if not answer and time.monotonic() - checked > _CHECK_SECONDS:
                    answer = self._check(connection)
                    checked = time.monotonic()
        seconds = time.monotonic() - since
        logger.warning("%s, after %.0f s more", answer or "a write was given up", seconds)

    def _check(self, connection: Connection) -> str | None:
        """Return what happened to the server of a connection, if it does not answer others."""
        try:
            with closing(self._connect(connection)) as other:
                is_same = _server_of(other) == _server_of(connection)
        except (errors.ConnectionTimeout, NoAnswerError) as error:
            self._on_silence(connection, str(error))
            return "the server of a write that it has not confirmed answers nobody"
        except (psycopg.Error, RepositoryUnfitError):
            return None
        return (
            None if is_same else "another server has replaced the one that did not confirm a write"
        )


def _answer_on(connection: Connection) -> str | None:
    """Wait a moment for the answer to a COMMIT; return it in words."""
    if not connection.arrivals.poll(_POLL_SECONDS * 1000):
        return None
    pgconn = connection.pgconn
    with suppress(psycopg.OperationalError):
        pgconn.consume_input()
        if pgconn.is_busy():
            return None
        result = pgconn.get_result()
        if result and result.status == ExecStatus.COMMAND_OK:
            if connection.is_unreplicated:
                return "the wait of a write for a standby was cancelled"
            return "the database has confirmed the write"
    return "the connection of a write was lost before the database confirmed it"


def _server_of(connection: Connection) -> tuple[str, int]:
    info = connection.info
    return info.hostaddr or info.host, info.port
