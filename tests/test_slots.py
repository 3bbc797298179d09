"""Slots: how much work of one kind is done at a time."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from rentomatic.slots import SharedSlots, Slots, ThreadShares, Turns


def test_a_slot_is_taken_once_and_freed() -> None:
    """Failed work frees it too; nothing waits for one."""
    slots = Slots(1)

    def fail() -> None:
        with slots.open() as take, slots.open() as other:
            assert take()
            assert take()
            assert not other()
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fail()


def test_slots_that_are_not_taken_cost_nothing() -> None:
    """Work that turns out to be fast takes none."""
    slots = Slots(1)
    with slots.open(), slots.open() as take:
        assert take()


def test_a_refusal_takes_nothing() -> None:
    """A refused attempt takes neither an own slot nor a shared one."""
    shared = Slots(1)
    first, second = Slots(2, shared), Slots(1, shared)
    with first.open() as take:
        assert take()
        with second.open() as other:
            assert not other()
    with second.open() as other:
        assert other()


@pytest.mark.parametrize("threads", [2, 4, 5, 16])
def test_a_thread_stays_free_for_fast_requests(threads: int) -> None:
    """It stays free however much slow work there is."""
    shares = ThreadShares(threads)
    opened = []
    for slots in (shares.streams, shares.searches, shares.batches):
        for _ in range(threads):
            context = slots.open()
            opened.append((context, context.__enter__()()))
    assert 1 <= sum(is_taken for _, is_taken in opened) < threads
    for context, _ in opened:
        context.__exit__(None, None, None)


def test_one_thread_does_everything() -> None:
    """With a single thread, each kind of work gets its turn."""
    shares = ThreadShares(1)
    with shares.streams.open() as take, shares.searches.open() as other:
        assert take()
        assert not other()
    with shares.searches.open() as take:
        assert take()


def test_processes_share_slots() -> None:
    """A slot is free again when the process that took it has given it back, or was killed."""
    slots = SharedSlots(2)
    assert slots.take()
    reading, writing = os.pipe()
    other = os.fork()
    if not other:
        os.write(writing, bytes([slots.take(), slots.take()]))
        signal.pause()
    assert os.read(reading, 2) == bytes([True, False])
    assert not slots.take()
    os.kill(other, signal.SIGKILL)
    os.waitpid(other, 0)
    assert slots.take()
    assert not slots.take()
    slots.free()
    assert slots.take()
    for end in (reading, writing):
        os.close(end)


def test_large_searches_of_all_processes_leave_processors_free() -> None:
    """However many workers and threads there are; a refusal takes nothing from its own process."""
    processors = len(os.sched_getaffinity(0))
    workers = [ThreadShares(4 * processors) for _ in range(4)]
    searches = [each.searches for each in workers for _ in range(processors)]
    taken = [slots for slots in searches if slots.take()]
    assert len(taken) == max(1, processors // 2)
    for slots in taken:
        slots.free()
    assert workers[-1].searches.take()
    workers[-1].searches.free()


def test_a_turn_is_waited_for() -> None:
    """A thread gets the turn that another one frees."""
    turns = Turns(1, seconds=60)
    assert turns.take()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(turns.take)
        turns.free()
        assert waiting.result()


def test_work_that_hangs_is_not_waited_for() -> None:
    """If no turn has been freed for a while, the next thread is refused; it can try again."""
    turns = Turns(1, seconds=0.01)
    assert turns.take()
    assert not turns.take()
    turns.free()
    assert turns.take()


@pytest.mark.parametrize(("threads", "most"), [(1, 1), (2, 1), (3, 1), (4, 2), (16, 8)])
def test_writes_take_at_most_half_of_the_threads(threads: int, most: int) -> None:
    """With one thread, one write at a time."""
    turns = ThreadShares(threads).writes
    assert [turns.take() for _ in range(most)] == [True] * most
    assert not turns.take()
