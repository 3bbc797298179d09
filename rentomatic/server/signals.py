"""Signals that reach a worker while it starts.

A stop signal would be lost if it arrived before the worker has its handlers, and gunicorn would
wait until its time-out: so stop signals are held until then.
"""

import os
import signal
from functools import cache

_STOP = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


@cache
def hold_signals() -> None:
    """Fork workers with the stop signals held; repeated calls change nothing."""
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, _STOP),
        after_in_parent=release_signals,
    )


def release_signals() -> None:
    """Deliver the signals that were held."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)
