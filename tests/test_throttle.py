"""Wrong attempts slow an address down, in all processes together."""

import subprocess
import sys

import pytest

from rentomatic.throttle import FREE_ATTEMPTS, Throttle

FREE, INTERVAL = 3, 10.0


class Clock:
    """A clock that the test moves."""

    seconds = 1_000.0

    def __call__(self) -> float:
        """Return its time."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """A clock of the test's own."""
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    """The object under test."""
    return Throttle(FREE, INTERVAL, clock)


def test_some_attempts_are_free_and_then_one_in_each_interval(
    throttle: Throttle, clock: Clock
) -> None:
    """Waiting does not lengthen the wait; after a quiet time all are free again."""
    assert [throttle.charge("192.0.2.1") for _ in range(5)] == [0, 0, 0, INTERVAL, INTERVAL]
    clock.seconds += INTERVAL
    assert [throttle.charge("192.0.2.1") for _ in range(2)] == [0, INTERVAL]
    clock.seconds += INTERVAL / 2
    assert throttle.wait("192.0.2.1") == INTERVAL / 2
    clock.seconds += FREE * INTERVAL
    assert [throttle.charge("192.0.2.1") for _ in range(4)] == [0, 0, 0, INTERVAL]


def test_a_right_attempt_is_not_charged(throttle: Throttle) -> None:
    """An office that signs in all day is never slowed down."""
    for _ in range(20):
        assert throttle.charge("192.0.2.1") == 0
        throttle.forgive("192.0.2.1")
    assert throttle.wait("192.0.2.1") == 0


@pytest.mark.parametrize(
    ("one", "other", "are_together"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("", "192.0.2.1", False),
    ],
)
def test_each_client_has_its_own_attempts(
    throttle: Throttle, one: str, other: str, *, are_together: bool
) -> None:
    """A client of IPv6 usually has a network of 64 bits."""
    for _ in range(FREE + 1):
        throttle.charge(one)
    assert (throttle.wait(other) > 0) is are_together


PROCESSES = """
import os
from concurrent.futures import ThreadPoolExecutor
from rentomatic.throttle import Throttle

throttle = Throttle()
for _ in range(4):
    if not os.fork():
        with ThreadPoolExecutor(4) as pool:
            waits = list(pool.map(throttle.charge, ["192.0.2.1"] * 20))
        os.write(1, b"." * waits.count(0))
        os._exit(0)
for _ in range(4):
    os.wait()
"""


def test_processes_and_threads_share_the_attempts() -> None:
    """Of many at the same time only the free ones pass."""
    command = [sys.executable, "-c", PROCESSES]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "." * FREE_ATTEMPTS
