"""Waiting for what another process does."""

import time
from collections.abc import Callable
from typing import TypeVar

SECONDS = 120
T = TypeVar("T")


def until(ask: Callable[[], T], seconds: float = SECONDS) -> T:
    """Ask until the answer is true, and return it; fail if that takes too long."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"still not true after {seconds:g} s"
        time.sleep(0.02)
    return answer
