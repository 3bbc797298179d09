"""The history of rooms: each statement that writes them records what it changed."""

from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from rentomatic.domain.room import Room
from tests.repository.histories import ADD, INSERT, History, MakeRoom, spelt, told

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
