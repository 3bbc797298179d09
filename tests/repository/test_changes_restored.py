"""The history of a database that was restored, that crashed, or that was promoted."""

import os
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from testbed.replication import standby_of
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.binaries import run_as
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.database import create_database, psql_arguments
from rentomatic.repository.errors import ChangesGoneError, RepositoryStandbyError
from rentomatic.repository.standby import STANDBY
from rentomatic.requests.room_changes import RoomChangesRequest, Start
from rentomatic.requests.room_changes_cursor import ChangePosition
from tests.repository.histories import ADD, INSERT, History, changes_of, history_in, numbered, uuid


def dump_and_restore(source: History, target: Cluster, name: str) -> PostgresDatabase:
    """Dump a database and restore it under another name, on the same or another server."""
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


def check_restored(restored: History, before: ChangePosition, kept: int) -> None:
    """Check that readers of the original must start again, and then get new changes."""
    for since in (before, replace(before, transaction=0, number=0)):
        with pytest.raises(ChangesGoneError):
            restored.read(since)
    assert changes_of(restored.read()) == []
    begin = restored.end()
    assert restored.ask("select count(*) from room_change") == [(kept,)]
    for number in range(1, 30):
        restored.run(f"{INSERT} values ('{uuid(500 + number)}', 1, {number}, 1, 2)")
    expected = [("added", 500 + number, number) for number in range(1, 30)]
    assert changes_of(restored.read(begin)) == changes_of(restored.read()) == expected
    assert restored.ask(
        "select count(*) from room_change where made_at > now() - interval '1 hour'"
    ) == [(kept + 29,)]


def test_a_dump_restored_beside_its_original_starts_a_new_history(history: History) -> None:
    """That needs no manual step."""
    numbered(history, 5)
    end = history.end()
    database = dump_and_restore(history, history.cluster, f"beside_{os.getpid()}_{id(history)}")
    with history_in(history.cluster, database) as restored:
        check_restored(restored, end, 5)
    assert changes_of(history.read(end)) == []


def test_a_dump_restored_on_another_server_starts_a_new_history(
    history: History, own_cluster: Cluster
) -> None:
    """Even if the restored changes have greater transaction ids than the new server."""
    with history.connect() as connection:
        connection.execute("set synchronous_commit = off")
        for _ in range(300):
            connection.execute("select pg_current_xact_id()")
    numbered(history, 5)
    end = history.end()
    with history_in(own_cluster, dump_and_restore(history, own_cluster, "elsewhere")) as restored:
        counter = "select pg_current_xact_id()::text::bigint"
        assert restored.ask(counter)[0][0] < end.transaction
        check_restored(restored, end, 5)


def test_a_position_that_a_restore_of_files_has_lost_is_refused(own_history: History) -> None:
    """The server reuses the ids of lost transactions, but the position has a time too."""
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
    assert changes_of(own_history.read(kept)) == [("updated", 2, 2)]


def test_no_change_is_missed_over_a_crash(own_history: History) -> None:
    """What a reader has seen stays, and later changes have greater numbers."""
    cluster = own_history.cluster
    numbered(own_history, 2)
    position = own_history.end()
    for price in range(10, 14):
        with own_history.connect() as lost:
            lost.autocommit = False
            lost.execute(ADD, (UUID(int=90 + price), price))
            pid = int((cluster.home / "data" / "postmaster.pid").read_text().splitlines()[0])
            own_history.run(f"update room set price = {price} where code = '{uuid(1)}'")
            os.kill(pid, signal.SIGKILL)
            with suppress(psycopg.Error):
                until(lambda lost=lost: lost.execute("select pg_sleep(0.01)") is None)
        cluster.start()
        page = own_history.read(position)
        assert changes_of(page) == [("updated", 1, price)]
        position = page.next


def test_a_standby_has_no_changes_and_once_promoted_a_new_history(own_history: History) -> None:
    """Immediately after promotion, because the primary's last transactions may be lost."""
    cluster = own_history.cluster
    numbered(own_history, 3)
    end = own_history.end()
    with standby_of(cluster) as standby, history_in(standby, standby.database) as copied:
        for since in (*Start, end):
            with pytest.raises(RepositoryStandbyError):
                copied.changes.read(RoomChangesRequest(since))
        assert copied.repository.schema().read_only == STANDBY
        # Its first checkpoint is slow, as on a busy server.
        checkpointer = "select pid from pg_stat_activity where backend_type = 'checkpointer'"
        ((pid,),) = copied.ask(checkpointer)
        os.kill(pid, signal.SIGSTOP)
        try:
            copied.run("select pg_promote()")
            assert not copied.repository.schema().read_only
            with pytest.raises(ChangesGoneError):
                copied.read(end)
            begin = copied.end()
            copied.run("delete from room where price = 1")
            assert (
                changes_of(copied.read(begin))
                == changes_of(copied.read())
                == [("removed", 1, None)]
            )
        finally:
            os.kill(pid, signal.SIGCONT)
