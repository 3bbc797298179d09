"""The history of rooms: every committed change once, whoever makes it and however."""

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from uuid import UUID

import psycopg
import pytest
from testbed.waiting import until

from rentomatic.bootstrap import build_stores, open_repository
from rentomatic.config import PostgresDatabase, read_settings
from rentomatic.domain.room import Room
from rentomatic.embedded.binaries import run_as
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import create_database, psql_arguments
from rentomatic.repository.interface import (
    ChangePage,
    ChangesGoneError,
    RepositoryStandbyError,
)
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_changes import RoomChangesRequest, Start
from rentomatic.requests.room_changes_cursor import ChangePosition
from rentomatic.requests.room_list import RoomListRequest
from tests.conftest import DISTRIBUTION
from tests.databases import settle

MakeRoom = Callable[..., Room]
Told = tuple[str, int, int | None]  # kind, number of the room, its price afterwards

SERVERS = ["embedded", *(["distribution"] if DISTRIBUTION else [])]
ADD = "insert into room (code, size, price, longitude, latitude) values (%s, 50, %s, 1, 2)"
INSERT = "insert into room (code, size, price, longitude, latitude)"
OLDER = "update room_change set made_at = made_at - make_interval(days => %s) where id <= %s"


def spelt(number: int) -> str:
    """Spell the code of a room."""
    return str(UUID(int=number))


def told(page: ChangePage) -> list[Told]:
    """Give what a page tells, in short."""
    return [
        (each.kind.value, each.code.int, each.room.price if each.room else None)
        for each in page.changes
    ]


@dataclass
class History:
    """Rooms on a server, and what happened to them.

    Attributes:
        cluster: the server.
        database: the rooms' database.
        repository: as the service writes them.
        changes: as the service tells them.
    """

    cluster: Cluster
    database: PostgresDatabase
    repository: PostgresRepo
    changes: PostgresChanges

    def connect(self) -> psycopg.Connection[Any]:
        """Connect as a DBA does; each statement commits."""
        return psycopg.connect(self.database.url, autocommit=True)

    def run(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Query."""
        with self.connect() as connection:
            return connection.execute(question.encode()).fetchall()

    def read(self, since: ChangePosition | Start = Start.OLDEST, limit: int = 1000) -> ChangePage:
        """Read a page, once nothing else runs on the server."""
        settle(self.database)
        return self.changes.read(RoomChangesRequest(since, limit))

    def end(self) -> ChangePosition:
        """Give the position of the last change."""
        return self.read(Start.NOW).next

    def tool(self, name: str, *arguments: str) -> None:
        """Run a program of the server's on its database."""
        ((conninfo,), _) = psql_arguments(self.database)
        command = [str(self.cluster.binaries / name), f"--dbname={conninfo}", *arguments]
        run_as(self.cluster.account, command, self.cluster.home).check_returncode()


@contextmanager
def history_in(
    cluster: Cluster, database: PostgresDatabase, kept: int | None = None
) -> Iterator[History]:
    """Use the rooms of a database that is there."""
    with closing(Connections(database.url, changes_kept=kept)) as connections:
        yield History(cluster, database, PostgresRepo(connections), PostgresChanges(connections))


@pytest.fixture(params=SERVERS)
def history(request: pytest.FixtureRequest) -> Iterator[History]:
    """No rooms and no history, on each server in turn; changes are kept for 30 days."""
    request.getfixturevalue(f"postgres_{request.param}")
    database = request.getfixturevalue(f"{request.param}_rooms")
    with history_in(request.getfixturevalue(request.param), database, kept=30) as history:
        yield history


@pytest.fixture
def own_history(own_cluster: Cluster) -> Iterator[History]:
    """The same on a server of the test's own."""
    create_database(own_cluster.database)
    apply_migrations(own_cluster.database.url)
    with history_in(own_cluster, own_cluster.database) as history:
        yield history


STATEMENTS = {
    "insert": (f"{INSERT} values ('{spelt(8)}', 1, 5, 1, 2)", [("added", 8, 5)]),
    "insert of none": (f"{INSERT} select code, 1, 5, 1, 2 from room where false", []),
    "insert or nothing": (
        (
            f"{INSERT} values ('{spelt(1)}', 1, 5, 1, 2), ('{spelt(8)}', 1, 5, 1, 2)"
            " on conflict do nothing"
        ),
        [("added", 8, 5)],
    ),
    "insert or update": (
        (
            f"{INSERT} values ('{spelt(1)}', 1, 5, 1, 2), ('{spelt(2)}', 50, 20, 1, 2),"
            f" ('{spelt(8)}', 1, 6, 1, 2) on conflict (code) do update set price = excluded.price,"
            " size = excluded.size"
        ),
        [("added", 8, 6), ("updated", 1, 5)],
    ),
    "update": ("update room set price = price + 1", [("updated", 1, 11), ("updated", 2, 21)]),
    "update of one": ("update room set size = 7 where price = 20", [("updated", 2, 20)]),
    "update to the same": ("update room set price = price, size = size", []),
    "update of none": ("update room set price = 1 where false", []),
    "update of the place in the order": ("update room set id = default", []),
    "another code": (
        f"update room set code = '{spelt(9)}' where price = 10",
        [("added", 9, 10), ("removed", 1, None)],
    ),
    "codes that move up": (
        f"update room set code = case price when 20 then '{spelt(3)}'::uuid else '{spelt(4)}' end",
        [("added", 3, 20), ("added", 4, 10), ("removed", 1, None), ("removed", 2, None)],
    ),
    "delete": ("delete from room where price = 10", [("removed", 1, None)]),
    "delete of none": ("delete from room where false", []),
    "truncate": ("truncate room", [("removed", 1, None), ("removed", 2, None)]),
    "merge": (
        (
            f"merge into room using (values ('{spelt(1)}'::uuid, 5), ('{spelt(2)}', 0),"
            f" ('{spelt(8)}', 6)) as given (code, price) on room.code = given.code"
            " when matched and given.price = 0 then delete"
            " when matched then update set price = given.price"
            " when not matched then insert (code, size, price, longitude, latitude)"
            " values (given.code, 1, given.price, 1, 2)"
        ),
        [("added", 8, 6), ("removed", 2, None), ("updated", 1, 5)],
    ),
    "several in one": (
        (
            "with gone as (delete from room where price = 10 returning *)"
            f" {INSERT} select '{spelt(8)}', size, price, longitude, latitude from gone"
        ),
        [("added", 8, 10), ("removed", 1, None)],
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_statement_leaves_what_it_changed(history: History, name: str) -> None:
    """A change for each room that is not as it was, with its values; no other."""
    history.run(*(f"{INSERT} values ('{spelt(n)}', 50, {n}0, 1, 2)" for n in (1, 2)))
    begin = history.end()
    statement, expected = STATEMENTS[name]
    history.run(statement)
    assert sorted(told(history.read(begin))) == expected


def test_what_psql_and_copy_write_is_noted(history: History, tmp_path: Path) -> None:
    """In the order of the lines."""
    rows = tmp_path / "rooms.csv"
    rows.write_text("".join(f"{spelt(number)},50,{number},1.5,2.5\n" for number in (3, 1, 2)))
    rows.chmod(0o644)
    copy = "copy room (code, size, price, longitude, latitude) from stdin with (format csv)"
    with history.connect() as connection, connection.cursor().copy(copy) as given:
        given.write(rows.read_bytes())
    history.tool("psql", "--command", f"delete from room where code = '{spelt(1)}'")
    page = history.read()
    assert told(page) == [("added", 3, 3), ("added", 1, 1), ("added", 2, 2), ("removed", 1, None)]
    assert page.changes[0].room == Room(UUID(int=3), 50, 3, 1.5, 2.5)


def test_what_the_service_saves_and_removes_is_noted(history: History, make_room: MakeRoom) -> None:
    """A room that is saved as it was is no change, and a dry run is none."""
    history.repository.save([make_room(1), make_room(2)])
    history.repository.save([make_room(2), make_room(1, price=5), make_room(3)])
    history.repository.save([make_room(4)], dry_run=True)
    history.repository.remove(UUID(int=2))
    first, second, *both, last = told(history.read())
    assert [first, second, last] == [("added", 1, 100), ("added", 2, 100), ("removed", 2, None)]
    assert sorted(both) == [("added", 3, 100), ("updated", 1, 5)]


def test_what_is_rolled_back_was_never_there(history: History) -> None:
    """Neither a transaction's changes nor those of a part of it."""
    with history.connect() as connection:
        with connection.transaction(force_rollback=True):
            connection.execute(ADD, (UUID(int=1), 5))
        with connection.transaction():
            connection.execute(ADD, (UUID(int=2), 5))
            with connection.transaction(force_rollback=True):
                connection.execute("delete from room")
            connection.execute("update room set price = 6")
    assert told(history.read()) == [("added", 2, 5), ("updated", 2, 6)]


def test_who_made_a_change_is_kept(history: History) -> None:
    """The actor that the session names, else the role that logged in, whatever it has become."""
    with history.connect() as connection:
        connection.execute("drop role if exists other")
        connection.execute("create role other")
        connection.execute("grant all on room to other")
        connection.execute("set role other")
        connection.execute(ADD, (UUID(int=1), 5))
        connection.execute("set rentomatic.actor = ''")
        connection.execute("update room set price = 6")
        with connection.transaction():
            connection.execute("set local rentomatic.actor = 'office'")
            connection.execute("update room set price = 7")
        connection.execute("delete from room")
        connection.execute("reset role")
        connection.execute("drop owned by other")
        connection.execute("drop role other")
    made_by = history.ask("select made_by from room_change order by xid, id")
    assert [name for (name,) in made_by] == ["rentomatic", "rentomatic", "office", "rentomatic"]


def test_who_may_write_rooms_cannot_write_history(history: History) -> None:
    """Nor have it written; its changes are noted, also under a table that hides the history."""
    with history.connect() as connection:
        connection.execute("drop role if exists writer")
        connection.execute("create role writer")
        connection.execute("grant insert, update, delete, select on room to writer")
        connection.execute("set role writer")
        connection.execute("create temp table room_change (like room)")
        connection.execute("set search_path = pg_temp, public")
        connection.execute(ADD, (UUID(int=1), 5))
        for statement in ("delete from", "insert into"):
            rest = " select" if statement.startswith("insert") else ""
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"{statement} public.room_change{rest}".encode())
        forged = (
            "create trigger forged after insert on pg_temp.room_change"
            " referencing new table as new_room execute function note_room_changes()"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(forged.encode())
        connection.execute("reset role")
        connection.execute("drop owned by writer")
        connection.execute("drop role writer")
    assert told(history.read()) == [("added", 1, 5)]


def test_a_transaction_that_commits_later_is_not_missed(history: History) -> None:
    """What began before and commits after is told before, and nothing that is told comes again."""
    history.run(f"{INSERT} values ('{spelt(1)}', 50, 5, 1, 2)")
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
    assert (told(while_running), while_running.next, now.next) == ([], begin, begin)
    assert (told(oldest), oldest.next) == ([("added", 1, 5)], begin)
    assert told(history.read(while_running.next)) == [
        ("added", 2, 5),
        ("added", 3, 5),
        ("updated", 2, 6),
        ("added", 4, 5),
    ]
    assert told(history.read(history.read(begin).next)) == []


UPDATE = "update room set price = %s where code = %s"


@pytest.mark.parametrize("is_last_removed", [False, True])
def test_the_changes_of_a_room_are_told_in_their_order(
    history: History, *, is_last_removed: bool
) -> None:
    """Also where the transaction that began first makes the last, or reads are between them."""
    history.run(*(f"{INSERT} values ('{spelt(n)}', 50, {n}0, 1, 2)" for n in (1, 2)))
    begin = history.end()
    with (
        history.connect() as first,
        history.connect() as second,
        history.connect() as third,
        third.transaction(),
    ):
        with first.transaction():
            first.execute(UPDATE, (11, spelt(1)))
            third.execute(ADD, (UUID(int=3), 30))
            second.execute(UPDATE, (21, spelt(2)))
            if is_last_removed:
                first.execute("delete from room where code = %s", (spelt(2),))
            else:
                first.execute(UPDATE, (22, spelt(2)))
        early = history.changes.read(RoomChangesRequest(begin))
    late = history.read(early.next)
    last = ("removed", 2, None) if is_last_removed else ("updated", 2, 22)
    assert [each for each in (*told(early), *told(late)) if each[1] == 2] == [
        ("updated", 2, 21),
        last,
    ]
    assert told(early) == [("updated", 1, 11)]


class Writers:
    """Write rooms all the time, each writer its own, in transactions that cross each other.

    Attributes:
        committed: what each writer has committed, in its order.
    """

    def __init__(self, history: History, number: int) -> None:
        self.committed: list[list[Told]] = [[] for _ in range(number)]
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
        """How many changes are committed."""
        return sum(map(len, self.committed))

    def _write(self, writer: int) -> None:
        choose = random.Random(writer)
        prices: dict[int, int] = {}
        with self._history.connect() as connection:
            while not self._ended.is_set():
                done: list[Told] = []
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
) -> Told:
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
    """Those of each writer in their order; none is missed, none comes twice."""
    begin = history.end()
    got: list[Told] = []
    with Writers(history, 8) as writers:
        while writers.count < 3_000:
            page = history.changes.read(RoomChangesRequest(begin, limit=7))
            got += told(page)
            begin = page.next
    is_last = False
    while not is_last:
        page = history.read(begin, limit=7)
        got += told(page)
        begin, is_last = page.next, page.is_last
    assert len(got) == writers.count >= 3_000
    assert Counter(got) == Counter(each for some in writers.committed for each in some)
    for number, committed in enumerate(writers.committed):
        assert [each for each in got if each[1] // 1000 == number] == committed


def test_a_mirror_that_begins_now_ends_as_the_stock(history: History) -> None:
    """It reads all rooms after that, and follows, while six writers write."""

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
    stock = {r.code: r for r in history.repository.search(RoomListRequest(limit=None)).rooms}
    assert {code: room for code, room in mirror.items() if room} == stock
    assert len(stock) > 30


def test_an_empty_page_leaves_a_reader_where_it_is(history: History) -> None:
    """From the beginning, from now, and from a change; also before there is any."""
    begin = history.end()
    assert history.read() == history.read(Start.NOW) == history.read(begin)
    history.run(f"{INSERT} values ('{spelt(1)}', 50, 5, 1, 2)")
    page = history.read(begin)
    assert told(page) == [("added", 1, 5)]
    assert history.read(page.next).next == page.next == history.end() == history.read().next


def test_pages_are_as_long_as_is_wanted(history: History, make_room: MakeRoom) -> None:
    """And the last says that it is."""
    history.repository.save(make_room(number) for number in range(1, 6))
    first = history.read(limit=2)
    second = history.read(first.next, limit=2)
    third = history.read(second.next, limit=2)
    pages = (first, second, third)
    assert [number for page in pages for _, number, _ in told(page)] == [1, 2, 3, 4, 5]
    assert [page.is_last for page in pages] == [False, False, True]
    assert history.read(first.next, limit=3).is_last


def test_a_position_that_never_was_is_not_known(history: History) -> None:
    """Whichever part of it is made up."""
    history.run(f"{INSERT} values ('{spelt(1)}', 50, 5, 1, 2)")
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


def aged(history: History, days: int, up_to: int) -> None:
    """Make the first changes older."""
    with history.connect() as connection:
        connection.execute(OLDER, (days, up_to))


def numbered(history: History, amount: int) -> list[int]:
    """Make changes, each in a transaction of its own; give their numbers."""
    history.run(*(f"{INSERT} values ('{spelt(n)}', 50, {n}, 1, 2)" for n in range(1, amount + 1)))
    return numbers_of(history)


def numbers_of(history: History) -> list[int]:
    """Give the numbers of the changes that are kept."""
    return [number for (number,) in history.ask("select id from room_change order by xid, id")]


def test_old_changes_are_removed_by_writes(history: History, make_room: MakeRoom) -> None:
    """A reader who may miss some is told so; one who has read the last of them misses none."""
    origin = history.end()
    numbers = numbered(history, 3)
    aged(history, 31, numbers[1])
    first, second, third = (history.read(limit=each).next for each in (1, 2, 3))
    history.repository.save(make_room(number) for number in range(101, 301))
    for gone in (origin, first):
        with pytest.raises(ChangesGoneError):
            history.read(gone)
    assert told(history.read(second))[:2] == [("added", 3, 3), ("added", 101, 100)]
    assert len(history.read(third).changes) == 200
    assert len(history.read().changes) == 201
    assert history.read(Start.NOW).next == history.read().next


def test_a_history_of_which_all_is_removed_goes_on(history: History) -> None:
    """From where it ended."""
    numbers = numbered(history, 2)
    aged(history, 400, numbers[-1])
    first, end = history.read(limit=1).next, history.end()
    history.run("set rentomatic.changes_kept = 1; select remove_room_changes(10)")
    assert history.ask("select count(*) from room_change") == [(0,)]
    assert history.read().next == history.read(end).next == history.end() == end
    with pytest.raises(ChangesGoneError):
        history.read(first)
    history.run("delete from room where price = 1")
    assert told(history.read(end)) == told(history.read()) == [("removed", 1, None)]


def test_who_writes_without_the_service_removes_what_no_setting_keeps(history: History) -> None:
    """So nothing piles up where rooms are written in psql alone."""
    (number, *_) = numbered(history, 1)
    many = f"{INSERT} select gen_random_uuid(), 1, 2, 3, 4 from generate_series(1, 100)"
    aged(history, 360, number)
    history.run(many)
    assert history.ask(f"select id from room_change where id = {number}") == [(number,)]
    aged(history, 10, number)
    history.run(many)
    assert history.ask(f"select id from room_change where id = {number}") == []


def test_the_setting_says_how_long_changes_are_kept(history: History, make_room: MakeRoom) -> None:
    """To the service and to commands."""
    given = {"DATABASE_URL": history.database.url, "RENTOMATIC_CHANGES_KEPT": "7"}
    settings = read_settings(given)
    stores = build_stores(settings)
    assert isinstance(stores.changes, PostgresChanges)
    service = stores.repository
    with closing(stores.changes._connections), open_repository(settings) as command:
        for place, repository in enumerate((service, command)):
            history.run("truncate room_change")
            history.repository.save([make_room(place)])
            (number,) = numbers_of(history)
            first = 1_000 * (place + 1)
            for days, is_kept in ((6, True), (2, False)):
                aged(history, days, number)
                repository.save(make_room(first + n) for n in range(200))
                first += 200
                assert (number in numbers_of(history)) is is_kept


def test_a_write_removes_some_at_a_time(history: History, make_room: MakeRoom) -> None:
    """Twice as many as it adds, and some more."""
    history.repository.save(make_room(number) for number in range(1, 1_501))
    aged(history, 31, 2**62)
    history.repository.save(make_room(number) for number in range(2_001, 2_101))
    assert history.ask("select count(*) from room_change") == [(1_500 - 400 + 100,)]


def test_single_writes_leave_no_old_changes(history: History) -> None:
    """Each hundredth or so removes some."""
    history.run(f"{INSERT} select gen_random_uuid(), 1, 2, 3, 4 from generate_series(1, 1000)")
    aged(history, 31, 2**62)
    with history.connect() as connection:
        connection.execute("set rentomatic.changes_kept = 30")
        connection.execute("set synchronous_commit = off")
        connection.execute("select setseed(0.5)")
        for number in range(1, 1_501):
            connection.execute(ADD, (UUID(int=number), 5))
    assert history.ask("select count(*) from room_change where size = 1") == [(0,)]


def test_the_changes_of_former_epochs_are_removed_too(
    history: History, make_room: MakeRoom
) -> None:
    """Whichever way they sort; until then they are told to nobody."""
    numbers = numbered(history, 3)
    for epoch, number in ((UUID(int=0), numbers[0]), (UUID(int=2**128 - 1), numbers[1])):
        history.run(f"update room_change set epoch = '{epoch}' where id = {number}")
    assert told(history.read()) == [("added", 3, 3)]
    aged(history, 31, numbers[1])
    history.repository.save(make_room(number) for number in range(101, 301))
    assert history.ask("select count(*) from room_change where size = 50 and price < 4") == [(1,)]
    assert len(history.read(history.read(limit=1).next).changes) == 200


def test_removing_waits_for_nobody(history: History, make_room: MakeRoom) -> None:
    """Who finds another session at it leaves it to that."""
    (number, *_) = numbered(history, 1)
    aged(history, 31, number)
    with history.connect() as other, other.transaction():
        other.execute("select pg_advisory_xact_lock('room_change'::regclass::oid::bigint)")
        history.repository.save(make_room(each) for each in range(101, 301))
        assert history.ask("select count(*) from room_change") == [(201,)]
    history.repository.save(make_room(each) for each in range(301, 501))
    assert history.ask("select count(*) from room_change") == [(400,)]


def test_nothing_is_removed_behind_a_transaction_that_runs(history: History) -> None:
    """However old: nobody has read it yet."""
    with history.connect() as slow, slow.transaction():
        slow.execute(ADD, (UUID(int=90), 5))
        numbers = numbered(history, 3)
        aged(history, 31, numbers[-1])
        history.run("set rentomatic.changes_kept = 30; select remove_room_changes(10)")
        assert history.ask("select count(*) from room_change") == [(3,)]


def test_a_page_reads_what_it_shows(history: History, make_room: MakeRoom) -> None:
    """By the index, however long the history is."""
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
    text = history.changes._changes.text()
    with history.connect() as connection:
        plan = connection.execute(b"explain (analyze, format text) " + text, parameters).fetchall()
    lines = [line for (line,) in plan]
    assert not [line for line in lines if "Seq Scan on room_change " in line]
    assert len([line for line in lines if "using room_change_pkey" in line]) == 3
    assert not [line for line in lines if "Rows Removed" in line]


def dump_and_restore(source: History, target: Cluster, name: str) -> PostgresDatabase:
    """Put a dump of a database back under another name, here or elsewhere."""
    dump = Path(source.cluster.home) / f"{name}.dump"
    source.tool("pg_dump", "--format=custom", "--no-owner", f"--file={dump}")
    dump.chmod(0o644)
    source.cluster.home.chmod(0o755)
    restored = target.database_named(name)
    create_database(restored)
    ((conninfo,), _) = psql_arguments(restored)
    program = str(target.binaries / "pg_restore")
    command = [program, "--exit-on-error", f"--dbname={conninfo}", str(dump)]
    run_as(target.account, command, target.home).check_returncode()
    source.cluster.home.chmod(0o700)
    return restored


def look_at_restored(restored: History, before: ChangePosition, kept: int) -> None:
    """A reader of the original begins anew; what changes from now on is told to it."""
    for since in (before, replace(before, transaction=0, number=0)):
        with pytest.raises(ChangesGoneError):
            restored.read(since)
    assert told(restored.read()) == []
    begin = restored.end()
    assert restored.ask("select count(*) from room_change") == [(kept,)]
    for number in range(1, 30):
        restored.run(f"{INSERT} values ('{spelt(500 + number)}', 1, {number}, 1, 2)")
    expected = [("added", 500 + number, number) for number in range(1, 30)]
    assert told(restored.read(begin)) == told(restored.read()) == expected
    assert restored.ask(
        "select count(*) from room_change where made_at > now() - interval '1 hour'"
    ) == [(kept + 29,)]


def test_a_dump_restored_beside_its_original_begins_anew(history: History) -> None:
    """By itself: nobody has to remember a step."""
    numbered(history, 5)
    end = history.end()
    database = dump_and_restore(history, history.cluster, f"beside_{os.getpid()}_{id(history)}")
    with history_in(history.cluster, database) as restored:
        look_at_restored(restored, end, 5)
    assert told(history.read(end)) == []


def test_a_dump_restored_on_another_server_begins_anew(
    history: History, own_cluster: Cluster
) -> None:
    """Also where the numbers of restored changes lie ahead of the new server's."""
    with history.connect() as connection:
        connection.execute("set synchronous_commit = off")
        for _ in range(300):
            connection.execute("select pg_current_xact_id()")
    numbered(history, 5)
    end = history.end()
    with history_in(own_cluster, dump_and_restore(history, own_cluster, "elsewhere")) as restored:
        counter = "select pg_current_xact_id()::text::bigint"
        assert restored.ask(counter)[0][0] < end.transaction
        look_at_restored(restored, end, 5)


def test_who_read_what_files_that_are_put_back_have_lost_begins_anew(own_history: History) -> None:
    """Though the server gives the numbers of lost transactions out again."""
    cluster = own_history.cluster
    numbered(own_history, 3)
    kept = own_history.end()
    cluster.stop()
    run_as(cluster.account, ["cp", "-a", "data", "backup"], cluster.home).check_returncode()
    lost = []
    for price in (1, 2):
        cluster.start()
        own_history.run(f"update room set size = 51 where price = {price}")
        lost.append(own_history.end())
        cluster.stop()
        if price == 1:
            for command in (["rm", "-r", "data"], ["cp", "-a", "backup", "data"]):
                run_as(cluster.account, command, cluster.home).check_returncode()
    cluster.start()
    (gone, present) = lost
    assert (gone.transaction, gone.number) == (present.transaction, present.number)
    with pytest.raises(ChangesGoneError):
        own_history.read(gone)
    assert told(own_history.read(kept)) == [("updated", 2, 2)]


def test_no_change_is_missed_over_a_crash(own_history: History) -> None:
    """What a reader has seen stays, and what follows has greater numbers."""
    cluster = own_history.cluster
    numbered(own_history, 2)
    position = own_history.end()
    for price in range(10, 14):
        with own_history.connect() as lost:
            lost.autocommit = False
            lost.execute(ADD, (UUID(int=90 + price), price))
            pid = int((cluster.home / "data" / "postmaster.pid").read_text().splitlines()[0])
            own_history.run(f"update room set price = {price} where code = '{spelt(1)}'")
            os.kill(pid, signal.SIGKILL)
            with suppress(psycopg.Error):
                until(lambda lost=lost: lost.execute("select pg_sleep(0.01)") is None)
        cluster.start()
        page = own_history.read(position)
        assert told(page) == [("updated", 1, price)]
        position = page.next


def test_a_standby_tells_no_changes_and_once_promoted_begins_anew(own_history: History) -> None:
    """From the first moment: the last transactions of its original may be lost."""
    cluster = own_history.cluster
    numbered(own_history, 3)
    end = own_history.end()
    standby = replace(cluster, home=cluster.home.parent / "standby")
    standby.home.mkdir()
    if cluster.account:
        os.chown(standby.home, cluster.account.pw_uid, cluster.account.pw_gid)
    source = [f"--host={cluster.sockets}", "--username=rentomatic", "--write-recovery-conf"]
    program = str(cluster.binaries / "pg_basebackup")
    command = [program, *source, "--checkpoint=fast", "--pgdata=data"]
    run_as(cluster.account, command, standby.home).check_returncode()
    standby.start()
    try:
        with history_in(standby, standby.database) as copied:
            for since in (*Start, end):
                with pytest.raises(RepositoryStandbyError):
                    copied.changes.read(RoomChangesRequest(since))
            # Its first checkpoint takes long, as on a busy server.
            checkpointer = "select pid from pg_stat_activity where backend_type = 'checkpointer'"
            ((pid,),) = copied.ask(checkpointer)
            os.kill(pid, signal.SIGSTOP)
            try:
                copied.run("select pg_promote()")
                with pytest.raises(ChangesGoneError):
                    copied.read(end)
                begin = copied.end()
                copied.run("delete from room where price = 1")
                assert told(copied.read(begin)) == told(copied.read()) == [("removed", 1, None)]
            finally:
                os.kill(pid, signal.SIGCONT)
    finally:
        standby.stop()
