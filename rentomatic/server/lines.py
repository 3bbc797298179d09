"""Lines of the log on their way out: no request waits for whoever reads them."""

import logging
import os
import select
import signal
import time
from collections import deque
from collections.abc import Callable
from functools import cache
from threading import Condition, Thread

# What waits to be written: some seconds of a busy worker, while journald is restarted.
MOST_BYTES = 1_048_576
# How long the first line waits for others: to wake a thread for each costs as much as to write it.
_GATHER_SECONDS = 0.01
# How long the end of a process waits for its last lines to be written.
_FLUSH_SECONDS = 0.5


class Lines(logging.Handler):
    """Writes lines to a file descriptor, in a thread of its own.

    A pipe that nobody reads, or a journald that has stopped, blocks that thread alone. While
    MOST_BYTES wait, further lines are dropped and counted; a line says how many, once those that
    waited are written. A process that is killed loses those of the last hundredth of a second.

    Attributes:
        on_drop: is called with the number of lines that were dropped.
    """

    on_drop: Callable[[int], None] = staticmethod(lambda _: None)

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._begin()
        # The lines that wait in the parent are the parent's, and it alone has the thread.
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._changed = Condition()
        self._waiting: deque[bytes] = deque()
        self._bytes = 0  # of those that wait and those that are being written
        self._dropped = 0  # and not yet reported
        self._writer: Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Put a line where it is written soon, or drop it."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            with self._changed:
                if self._bytes + len(line) > MOST_BYTES:
                    self._drop(1)
                else:
                    self._put(line)
        except Exception:  # noqa: BLE001 - as each handler of logging does
            self.handleError(record)

    def flush(self) -> None:
        """Wait until all lines are written, but not for long; logging does so at the end."""
        with self._changed:
            self._changed.wait_for(lambda: not self._bytes, _FLUSH_SECONDS)

    def _put(self, line: bytes) -> None:
        if not self._waiting:
            self._changed.notify_all()
        self._waiting.append(line)
        self._bytes += len(line)
        if self._writer is None:
            writer = Thread(target=self._write_on, name="log", daemon=True)
            writer.start()
            self._writer = writer

    def _drop(self, lines: int) -> None:
        self._dropped += lines
        self.on_drop(lines)

    def _write_on(self) -> None:
        """Write what comes, until the process ends."""
        # Signals are for the main thread, which they wake.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True:
            self._gather()
            with self._changed:
                lines = self._take()
            is_written = _is_written(self._descriptor, b"".join(lines))
            with self._changed:
                self._bytes -= sum(map(len, lines))
                if not is_written:
                    self._drop(len(lines))
                elif self._dropped and not self._waiting:
                    self._put(self._report())
                self._changed.notify_all()

    def _gather(self) -> None:
        """Wait for a line, and a moment for others."""
        with self._changed:
            if self._waiting:
                return
            self._changed.wait_for(lambda: self._waiting)
        time.sleep(_GATHER_SECONDS)

    def _take(self) -> list[bytes]:
        """Take as many lines as no other process can write into, at least one."""
        lines = [self._waiting.popleft()]
        room = select.PIPE_BUF - len(lines[0])
        while self._waiting and (room := room - len(self._waiting[0])) >= 0:
            lines.append(self._waiting.popleft())
        return lines

    def _report(self) -> bytes:
        """Write a line about those that were dropped."""
        message = "%d lines of the log were dropped, as nobody read it"
        record = logging.LogRecord(
            __name__, logging.WARNING, __file__, 0, message, (self._dropped,), None
        )
        self._dropped = 0
        return f"{self.format(record)}\n".encode()


def _is_written(descriptor: int, data: bytes) -> bool:
    """Write data however long that takes; tell whether all of it could be written."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:  # another process that has the stream may have made it so
            _wait(descriptor)
        except OSError:
            return False
    return True


def _wait(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    poll.poll()


@cache
def lines_to(descriptor: int) -> Lines:
    """Give the one handler that writes to a file descriptor, also after a reload."""
    return Lines(descriptor)
