"""Signals that reach a worker while it starts.

A worker that is told to stop before it has handlers for that would lose the signal, and gunicorn
would wait for it in vain: signals wait instead.
"""

import os
import signal
from functools import cache

_STOP = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


@cache
def hold_signals() -> None:
    """Let a worker be born with the signals held that tell it to stop; once, also if repeated."""
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, _STOP),
        after_in_parent=release_signals,
    )


def release_signals() -> None:
    """Let those through that have come."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)
