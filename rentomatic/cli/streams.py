"""Standard streams that are closed, full or abandoned: one line and an exit code, no traceback."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

# If writing fails with one of these and no file is named, it is standard output.
_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EPIPE}


def open_closed_streams() -> None:
    """Open what the shell has closed (`>&-`), so that no other file takes its number.

    Writing to standard output still fails; standard input is empty, and standard error is dropped.
    """
    for number, name, flags in (
        (0, "stdin", os.O_RDONLY),
        (1, "stdout", os.O_RDONLY),
        (2, "stderr", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            _put_null_at(number, flags)
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - it stays open


def let_go(stream: TextIO) -> None:
    """Drop what is still to be written, which Python would try again at exit."""
    _put_null_at(stream.fileno(), os.O_WRONLY)


def report(text: str) -> None:
    """Write a line about the command itself, rather than its result, to standard error."""
    note(f"rentomatic: {text}")


def note(text: str) -> None:
    """Write a line to standard error, if possible."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        let_go(sys.stderr)


def describe(error: OSError) -> str:
    """Return what could not be read or written, and why."""
    if error.filename:
        return f"{error.filename}: {error.strerror}"
    return f"standard output: {error.strerror}" if error.errno in _UNWRITABLE else str(error)


@contextmanager
def after(done: str) -> Iterator[None]:
    """Add what has been done to the error, if the context cannot write it to standard output."""
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
