"""Standard streams that are closed, full or left: one line and an exit code, never a traceback."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

# What to write may fail with, where no file is named: it is standard output then.
_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EPIPE}


def open_closed_streams() -> None:
    """Open what the shell has closed (`>&-`), so that no other file takes its number.

    To write to standard output fails as it should; standard input is empty, and what would go to
    standard error is dropped.
    """
    for number, name, flags in (
        (0, "stdin", os.O_RDONLY),
        (1, "stdout", os.O_RDONLY),
        (2, "stderr", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            _put_null_at(number, flags)
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - it stays


def let_go(stream: TextIO) -> None:
    """Drop what is still to be written, which Python would try once more at its end."""
    _put_null_at(stream.fileno(), os.O_WRONLY)


def complain(text: str) -> None:
    """Say what is wrong or worth knowing, beside what a command gives."""
    note(f"rentomatic: {text}")


def note(text: str) -> None:
    """Write a line to standard error, if that can be written."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        let_go(sys.stderr)


def told(error: OSError) -> str:
    """Say what could not be read or written, and why."""
    if error.filename:
        return f"{error.filename}: {error.strerror}"
    return f"standard output: {error.strerror}" if error.errno in _UNWRITABLE else str(error)


@contextmanager
def after(done: str) -> Iterator[None]:
    """Write to standard output what was done; where that cannot be, the error says it."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}; {done}", error.filename) from None


def _put_null_at(number: int, flags: int) -> None:
    opened = os.open(os.devnull, flags)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
