"""nginx caches an answer for the rest of its second: tests that take place in one."""

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from testbed.waiting import until

Part = ParamSpec("Part")


def at_the_next_second() -> None:
    """Wait for the next second, when cached answers expire."""
    time.sleep(1.01 - time.time() % 1)


def in_one_second(part: Callable[Part, None]) -> Callable[Part, None]:
    """Run a test, or a part of it, at the beginning of a second, when nothing is cached.

    On a busy machine it may fail because its second ended meanwhile; then it is run in another.
    """

    @wraps(part)
    def run(*given: Part.args, **named: Part.kwargs) -> None:
        def is_done() -> bool:
            at_the_next_second()
            second = int(time.time())
            try:
                part(*given, **named)
            except AssertionError:
                if int(time.time()) == second:
                    raise
                return False
            return True

        until(is_done)

    return run
