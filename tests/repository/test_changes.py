"""The history of rooms: each statement that writes them records what it changed."""

from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from rentomatic.domain.room import Room
from tests.repository.histories import ADD, INSERT, History, MakeRoom, changes_of, uuid

STATEMENTS = {
    "insert": (f"{INSERT} values ('{uuid(8)}', 1, 5, 1, 2)", [("added", 8, 5)]),
    "insert of none": (f"{INSERT} select code, 1, 5, 1, 2 from room where false", []),
    "insert or nothing": (
        (
            f"{INSERT} values ('{uuid(1)}', 1, 5, 1, 2), ('{uuid(8)}', 1, 5, 1, 2)"
            " on conflict do nothing"
        ),
        [("added", 8, 5)],
    ),
    "insert or update": (
        (
            f"{INSERT} values ('{uuid(1)}', 1, 5, 1, 2), ('{uuid(2)}', 50, 20, 1, 2),"
            f" ('{uuid(8)}', 1, 6, 1, 2) on conflict (code) do update set price = excluded.price,"
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
        f"update room set code = '{uuid(9)}' where price = 10",
        [("added", 9, 10), ("removed", 1, None)],
    ),
    "codes that move up": (
        f"update room set code = case price when 20 then '{uuid(3)}'::uuid else '{uuid(4)}' end",
        [("added", 3, 20), ("added", 4, 10), ("removed", 1, None), ("removed", 2, None)],
    ),
    "delete": ("delete from room where price = 10", [("removed", 1, None)]),
    "delete of none": ("delete from room where false", []),
    "truncate": ("truncate room", [("removed", 1, None), ("removed", 2, None)]),
    "merge": (
        (
            f"merge into room using (values ('{uuid(1)}'::uuid, 5), ('{uuid(2)}', 0),"
            f" ('{uuid(8)}', 6)) as given (code, price) on room.code = given.code"
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
            f" {INSERT} select '{uuid(8)}', size, price, longitude, latitude from gone"
        ),
        [("added", 8, 10), ("removed", 1, None)],
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_statement_is_recorded(history: History, name: str) -> None:
    """There is one change, with the new values, for each room that differs; and no other."""
    history.run(*(f"{INSERT} values ('{uuid(n)}', 50, {n}0, 1, 2)" for n in (1, 2)))
    begin = history.end()
    statement, expected = STATEMENTS[name]
    history.run(statement)
    assert sorted(changes_of(history.read(begin))) == expected


def test_writes_by_psql_and_copy_are_recorded(history: History, tmp_path: Path) -> None:
    """Their changes are in the order of the lines."""
    rows = tmp_path / "rooms.csv"
    rows.write_text("".join(f"{uuid(number)},50,{number},1.5,2.5\n" for number in (3, 1, 2)))
    rows.chmod(0o644)
    copy = "copy room (code, size, price, longitude, latitude) from stdin with (format csv)"
    with history.connect() as connection, connection.cursor().copy(copy) as given:
        given.write(rows.read_bytes())
    history.tool("psql", "--command", f"delete from room where code = '{uuid(1)}'")
    page = history.read()
    assert changes_of(page) == [
        ("added", 3, 3),
        ("added", 1, 1),
        ("added", 2, 2),
        ("removed", 1, None),
    ]
    assert page.changes[0].room == Room(UUID(int=3), 50, 3, 1.5, 2.5)


def test_writes_by_the_service_are_recorded(history: History, make_room: MakeRoom) -> None:
    """Saving a room unchanged is not a change, and neither is a dry run."""
    history.repository.save([make_room(1), make_room(2)])
    history.repository.save([make_room(2), make_room(1, price=5), make_room(3)])
    history.repository.save([make_room(4)], dry_run=True)
    history.repository.remove(UUID(int=2))
    first, second, *both, last = changes_of(history.read())
    assert [first, second, last] == [("added", 1, 100), ("added", 2, 100), ("removed", 2, None)]
    assert sorted(both) == [("added", 3, 100), ("updated", 1, 5)]


def test_rolled_back_changes_are_not_recorded(history: History) -> None:
    """Neither those of a transaction nor those of a savepoint are."""
    with history.connect() as connection:
        with connection.transaction(force_rollback=True):
            connection.execute(ADD, (UUID(int=1), 5))
        with connection.transaction():
            connection.execute(ADD, (UUID(int=2), 5))
            with connection.transaction(force_rollback=True):
                connection.execute("delete from room")
            connection.execute("update room set price = 6")
    assert changes_of(history.read()) == [("added", 2, 5), ("updated", 2, 6)]


def test_the_actor_of_a_change_is_recorded(history: History) -> None:
    """It is the session's setting, or else the role that logged in, even after `set role`."""
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


def test_a_role_that_writes_rooms_cannot_write_history(history: History) -> None:
    """It cannot forge it with a trigger; a table that hides the history changes nothing."""
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
    assert changes_of(history.read()) == [("added", 1, 5)]
