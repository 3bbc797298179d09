"""Readers of the changes: each gets every change exactly once and in order, during writes too."""

import random
from collections import Counter
from dataclasses import replace
from threading import Event, Thread
from typing import Any, Self
from uuid import UUID

import psycopg
import pytest
from testbed.waiting import until

from rentomatic.domain.room import Room
from rentomatic.repository.errors import ChangesGoneError
from rentomatic.repository.results import ChangePage
from rentomatic.repository.statement import Statement
from rentomatic.requests.room_changes import RoomChangesRequest, Start
from rentomatic.requests.room_changes_cursor import ChangePosition
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.resources import shipped
from tests.repository.histories import ADD, INSERT, Change, History, MakeRoom, changes_of, uuid


def test_a_transaction_that_commits_later_is_not_missed(history: History) -> None:
    """A change of an older transaction is published before newer ones, and only once."""
    history.run(f"{INSERT} values ('{uuid(1)}', 50, 5, 1, 2)")
    begin = history.end()
    with history.connect() as slow, history.connect() as quick:
        with slow.transaction():
            slow.execute(ADD, (UUID(int=2), 5))
            quick.execute(ADD, (UUID(int=3), 5))
            while_running = history.changes.read(RoomChangesRequest(begin))
            oldest = history.changes.read(RoomChangesRequest(Start.OLDEST))
            now = history.changes.read(RoomChangesRequest(Start.NOW))
            slow.execute("update room set price = 6 where code = %s", (UUID(int=2),))
        quick.execute(ADD, (UUID(int=4), 5))
    assert (changes_of(while_running), while_running.next, now.next) == ([], begin, begin)
    assert (changes_of(oldest), oldest.next) == ([("added", 1, 5)], begin)
    assert changes_of(history.read(while_running.next)) == [
        ("added", 2, 5),
        ("added", 3, 5),
        ("updated", 2, 6),
        ("added", 4, 5),
    ]
    assert changes_of(history.read(history.read(begin).next)) == []


UPDATE = "update room set price = %s where code = %s"


@pytest.mark.parametrize("is_last_removed", [False, True])
def test_the_changes_of_a_room_are_in_order(history: History, *, is_last_removed: bool) -> None:
    """Even if the oldest transaction makes the last one, or pages are read in between."""
    history.run(*(f"{INSERT} values ('{uuid(n)}', 50, {n}0, 1, 2)" for n in (1, 2)))
    begin = history.end()
    with (
        history.connect() as first,
        history.connect() as second,
        history.connect() as third,
        third.transaction(),
    ):
        with first.transaction():
            first.execute(UPDATE, (11, uuid(1)))
            third.execute(ADD, (UUID(int=3), 30))
            second.execute(UPDATE, (21, uuid(2)))
            if is_last_removed:
                first.execute("delete from room where code = %s", (uuid(2),))
            else:
                first.execute(UPDATE, (22, uuid(2)))
        early = history.changes.read(RoomChangesRequest(begin))
    late = history.read(early.next)
    last = ("removed", 2, None) if is_last_removed else ("updated", 2, 22)
    assert [each for each in (*changes_of(early), *changes_of(late)) if each[1] == 2] == [
        ("updated", 2, 21),
        last,
    ]
    assert changes_of(early) == [("updated", 1, 11)]


class Writers:
    """Write rooms continuously in overlapping transactions; each writer has its own rooms.

    Attributes:
        committed: what each writer has committed, in order.
    """

    def __init__(self, history: History, number: int) -> None:
        self.committed: list[list[Change]] = [[] for _ in range(number)]
        self._history = history
        self._ended = Event()
        self._threads = [Thread(target=self._write, args=(each,)) for each in range(number)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    @property
    def count(self) -> int:
        """The number of committed changes."""
        return sum(map(len, self.committed))

    def _write(self, writer: int) -> None:
        choose = random.Random(writer)
        prices: dict[int, int] = {}
        with self._history.connect() as connection:
            while not self._ended.is_set():
                done: list[Change] = []
                planned = dict(prices)
                is_lost = choose.random() < 0.2
                with connection.transaction(force_rollback=is_lost):
                    for _ in range(choose.randint(1, 4)):
                        number = writer * 1000 + choose.randint(1, 20)
                        done.append(_change(connection, planned, number, choose))
                if not is_lost:
                    prices = planned
                    self.committed[writer] += done


def _change(
    connection: psycopg.Connection[Any], prices: dict[int, int], number: int, choose: random.Random
) -> Change:
    code = UUID(int=number)
    if number not in prices:
        prices[number] = 0
        connection.execute(ADD, (code, 0))
        return "added", number, 0
    if choose.random() < 0.3:
        del prices[number]
        connection.execute("delete from room where code = %s", (code,))
        return "removed", number, None
    prices[number] += 1
    connection.execute("update room set price = %s where code = %s", (prices[number], code))
    return "updated", number, prices[number]


def test_a_reader_gets_every_change_of_eight_writers_once(history: History) -> None:
    """The changes of each writer are in order; none is missing and none is repeated."""
    begin = history.end()
    got: list[Change] = []
    with Writers(history, 8) as writers:
        while writers.count < 3_000:
            page = history.changes.read(RoomChangesRequest(begin, limit=7))
            got += changes_of(page)
            begin = page.next
    is_last = False
    while not is_last:
        page = history.read(begin, limit=7)
        got += changes_of(page)
        begin, is_last = page.next, page.is_last
    assert len(got) == writers.count >= 3_000
    assert Counter(got) == Counter(each for some in writers.committed for each in some)
    for number, committed in enumerate(writers.committed):
        assert [each for each in got if each[1] // 1000 == number] == committed


def test_a_mirror_that_starts_now_becomes_complete(history: History) -> None:
    """It takes a position, reads all rooms, and follows the changes of six writers."""

    def apply(page: ChangePage) -> ChangePosition:
        for change in page.changes:
            mirror[change.code] = change.room
        return page.next

    with Writers(history, 6) as writers:
        until(lambda: writers.count > 300)
        position = history.changes.read(RoomChangesRequest(Start.NOW)).next
        rooms = history.repository.search(RoomListRequest(limit=None)).rooms
        mirror: dict[UUID, Room | None] = {room.code: room for room in rooms}
        while writers.count < 1_500:
            position = apply(history.changes.read(RoomChangesRequest(position, limit=10)))
    page = history.read(position)
    while page.changes:
        page = history.read(apply(page))
    stored = {r.code: r for r in history.repository.search(RoomListRequest(limit=None)).rooms}
    assert {code: room for code, room in mirror.items() if room} == stored
    assert len(stored) > 30


def test_an_empty_page_keeps_the_position(history: History) -> None:
    """From the beginning, from now, and from a change; also if there are no changes yet."""
    begin = history.end()
    assert history.read() == history.read(Start.NOW) == history.read(begin)
    history.run(f"{INSERT} values ('{uuid(1)}', 50, 5, 1, 2)")
    page = history.read(begin)
    assert changes_of(page) == [("added", 1, 5)]
    assert history.read(page.next).next == page.next == history.end() == history.read().next


def test_pages_have_the_requested_length(history: History, make_room: MakeRoom) -> None:
    """The last page says that it is the last."""
    history.repository.save(make_room(number) for number in range(1, 6))
    first = history.read(limit=2)
    second = history.read(first.next, limit=2)
    third = history.read(second.next, limit=2)
    pages = (first, second, third)
    assert [number for page in pages for _, number, _ in changes_of(page)] == [1, 2, 3, 4, 5]
    assert [page.is_last for page in pages] == [False, False, True]
    assert history.read(first.next, limit=3).is_last


def test_a_made_up_position_is_refused(history: History) -> None:
    """It does not matter which part of it is wrong."""
    history.run(f"{INSERT} values ('{uuid(1)}', 50, 5, 1, 2)")
    end = history.end()
    for wrong in (
        replace(end, epoch=UUID(int=1)),
        replace(end, transaction=end.transaction + 1),
        replace(end, transaction=2**63 - 1),
        replace(end, number=end.number - 1),
        replace(end, number=0),
        replace(end, made_at=end.made_at.replace(year=2000)),
    ):
        with pytest.raises(ChangesGoneError):
            history.read(wrong)


def test_a_page_reads_only_what_it_shows(history: History, make_room: MakeRoom) -> None:
    """It uses the index, so the length of the history does not matter."""
    history.repository.save(make_room(number) for number in range(1, 5_001))
    history.run("analyze room_change")
    middle = history.read(limit=1000).next
    parameters = {
        "epoch": middle.epoch,
        "xid": str(middle.transaction),
        "id": middle.number,
        "made_at": middle.made_at,
        "limit": 20,
    }
    text = Statement(shipped("sql") / "room_changes.sql", {*parameters, "former"}).text()
    with history.connect() as connection:
        plan = connection.execute(b"explain (analyze, format text) " + text, parameters).fetchall()
    lines = [line for (line,) in plan]
    assert not [line for line in lines if "Seq Scan on room_change " in line]
    assert len([line for line in lines if "using room_change_pkey" in line]) == 3
    assert not [line for line in lines if "Rows Removed" in line]
