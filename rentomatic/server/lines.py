"""Writing the log without making requests wait for its reader."""

import logging
import os
import select
import signal
import time
from collections import deque
from collections.abc import Callable
from functools import cache
from threading import Condition, Thread

# The most that may wait: a busy worker's lines of some seconds, while journald restarts.
MOST_BYTES = 1_048_576
# How long the first line waits for more: waking the thread costs as much as writing a line.
_GATHER_SECONDS = 0.01
# How long an ending process waits for its last lines to be written.
_FLUSH_SECONDS = 0.5


class Lines(logging.Handler):
    """Writes lines to a file descriptor, in a thread of its own.

    A pipe without a reader, or a journald that has stopped, blocks only that thread. While
    MOST_BYTES wait, further lines are dropped; once the waiting ones are written, a line reports
    how many. A process that is killed loses the lines of its last hundredth of a second.

    Attributes:
        on_drop: called with the number of lines dropped.
    """

    on_drop: Callable[[int], None] = staticmethod(lambda _: None)

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._begin()
        # The parent writes the lines that wait in it; its thread does not exist in the child.
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._changed = Condition()
        self._waiting: deque[bytes] = deque()
        self._bytes = 0  # waiting or being written
        self._dropped = 0  # not yet reported
        self._writer: Thread | None = None

    def write(self, text: str) -> None:
        """Queue a line, or drop it."""
        line = f"{text}\n".encode(errors="backslashreplace")
        with self._changed:
            if self._bytes + len(line) > MOST_BYTES:
                self._drop(1)
            else:
                self._put(line)

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the line of a record, or drop it."""
        try:
            self.write(self.format(record))
        except Exception:  # noqa: BLE001 - as each handler of logging does
            self.handleError(record)

    def flush(self) -> None:
        """Wait until all lines are written, but not for long; logging calls this at exit."""
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
        """Write lines until the process ends."""
        # Signals must reach the main thread, to wake it.
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
        """Wait for a line, and a moment for more."""
        with self._changed:
            if self._waiting:
                return
            self._changed.wait_for(lambda: self._waiting)
        time.sleep(_GATHER_SECONDS)

    def _take(self) -> list[bytes]:
        """Take at least one line, and as many as a pipe accepts in one atomic write."""
        lines = [self._waiting.popleft()]
        left = select.PIPE_BUF - len(lines[0])
        while self._waiting and (left := left - len(self._waiting[0])) >= 0:
            lines.append(self._waiting.popleft())
        return lines

    def _report(self) -> bytes:
        """Return a line that says how many were dropped."""
        message = "%d log lines were dropped because the log was not read"
        record = logging.LogRecord(
            __name__, logging.WARNING, __file__, 0, message, (self._dropped,), None
        )
        self._dropped = 0
        return f"{self.format(record)}\n".encode()


def _is_written(descriptor: int, data: bytes) -> bool:
    """Write data, however long that takes; return whether all of it could be written."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:  # another process may have made the stream non-blocking
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
    """Return the handler of a file descriptor, the same one after a reload."""
    return Lines(descriptor)
