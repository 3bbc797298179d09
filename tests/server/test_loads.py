"""The loads of workers, which decide who accepts a new connection."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from rentomatic.server.loads import DEFER_SECONDS, SLACK, Load, forget, shared_loads


@pytest.fixture(autouse=True)
def _no_workers() -> Iterator[None]:
    def forget_all() -> None:
        for worker in range(len(shared_loads())):
            forget(worker)

    forget_all()
    yield
    forget_all()


@pytest.fixture
def later() -> Iterator[float]:
    """Times that are far apart."""
    return count(1.0)


def test_a_worker_alone_accepts_all(later: Iterator[float]) -> None:
    """However many it has."""
    load = Load(1)
    for connections in (0, 1, 500):
        load.report(connections, is_accepting=True)
        assert not load.defers(connections, next(later))


def test_small_differences_do_not_matter(later: Iterator[float]) -> None:
    """Only from SLACK on is a new connection left to the other worker."""
    mine, other = Load(1), Load(2)
    other.report(3, is_accepting=True)
    for more in range(2 * SLACK):
        mine.report(3 + more, is_accepting=True)
        assert mine.defers(3 + more, next(later)) == (more >= SLACK)
        assert not other.defers(3, next(later))


def test_a_connection_is_not_left_for_long() -> None:
    """After a while this worker accepts, and leaves a later one to the others again."""
    mine, other = Load(1), Load(2)
    other.report(0, is_accepting=True)
    assert mine.defers(10, 1.0)
    assert mine.defers_until == 1.0 + DEFER_SECONDS
    assert not mine.defers(10, mine.defers_until)
    assert not mine.defers(11, mine.defers_until + 0.9 * DEFER_SECONDS)
    assert mine.defers(12, mine.defers_until + 1.1 * DEFER_SECONDS)


def test_what_accepts_nothing_does_not_count(later: Iterator[float]) -> None:
    """A worker that is full or ends, and one that has ended."""
    mine, other = Load(1), Load(2)
    ends: list[Callable[[], None]] = [
        lambda: other.report(0, is_accepting=False),
        lambda: forget(2),
    ]
    for without in ends:
        other.report(0, is_accepting=True)
        assert mine.defers(10, next(later))
        without()
        assert not mine.defers(10, next(later))


def test_each_worker_has_a_place(later: Iterator[float]) -> None:
    """However many were started before."""
    Load(10_000).report(0, is_accepting=True)
    assert Load(10_001).defers(SLACK, next(later))
    forget(10_000)
    assert not Load(10_001).defers(SLACK, next(later))
