"""Statements that are run again are only called, and this changes nothing else."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import Cursor, errors

from rentomatic.config import PostgresDatabase
from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryTimeoutError, RepositoryUnavailableError

SLEEP = "select pg_sleep(%(seconds)s::float8)"
PROCESS = "select pg_backend_pid()"


@pytest.fixture
def hasty(embedded_rooms: PostgresDatabase) -> Iterator[Connections]:
    """Connections that cancel a statement after 0.2 s."""
    with closing(Connections(embedded_rooms.url, statement_timeout=0.2)) as connections:
        yield connections


def run(connections: Connections, text: str, **parameters: object) -> list[tuple[Any, ...]]:
    """Run a statement."""
    return connections.read(lambda connection: connection.run(text, parameters))


def test_a_prepared_statement_needs_no_cursor(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It returns the rows that the cursor returned, for each value."""
    text = "select %(number)s::bigint + 1, 'a', null, array[1.5::float8]"
    assert run(connections, text, number=1) == [(2, "a", None, [1.5])]
    monkeypatch.delattr(Cursor, "execute")
    assert run(connections, text, number=2**60) == [(2**60 + 1, "a", None, [1.5])]


def test_other_types_are_another_statement(connections: Connections) -> None:
    """A value is never sent as one of another type."""
    text = "select pg_typeof(%(value)s)::text"
    for _ in range(2):
        assert run(connections, text, value=1) == [("bigint",)]
        assert run(connections, text, value=1.5) == [("double precision",)]
        assert run(connections, text, value=[1]) == [("bigint[]",)]


def test_a_statement_without_rows_returns_none(connections: Connections) -> None:
    """A command has no rows, whether or not it is prepared."""
    for _ in range(2):
        assert run(connections, "set session rentomatic.actor to 'someone'") == []
        assert run(connections, "select 1 where false") == []


def test_a_deallocated_statement_is_prepared_again(connections: Connections) -> None:
    """The statements that were not used for longest are deallocated, and not called any more."""
    for _ in range(2):
        for number in range(250):
            assert run(connections, f"select {number}") == [(number,)]
            assert run(connections, "select 'often used'") == [("often used",)]
    ((kept,),) = run(connections, "select count(*) from pg_prepared_statements")
    assert kept <= 101
    often = "select statement from pg_prepared_statements where statement like '%%''often used%%'"
    assert len(run(connections, often)) >= 1


def test_a_statement_may_run_in_a_pipeline(connections: Connections) -> None:
    """There the cursor runs it, because the server answers later."""
    assert run(connections, "select 1") == [(1,)]

    def work(connection: Connection) -> list[tuple[Any, ...]]:
        with connection.pipeline():
            connection.run("select 1")
        return connection.run("select 1")

    assert connections.read(work) == [(1,)]


def test_a_changed_table_changes_the_answer(
    connections: Connections, connection: psycopg.Connection[Any]
) -> None:
    """A statement whose columns have changed is prepared on a new connection."""
    connection.execute("create table shape (a int)")
    connection.execute("insert into shape values (1)")
    try:
        assert [run(connections, "select * from shape") for _ in range(2)] == [[(1,)]] * 2
        connection.execute("alter table shape add b int default 2")
        assert [run(connections, "select * from shape") for _ in range(2)] == [[(1, 2)]] * 2
    finally:
        connection.execute("drop table shape")


def test_a_statement_that_the_session_has_lost_is_prepared_again(connections: Connections) -> None:
    """A pooler may give the session to another client, whose statements are others."""
    assert [run(connections, "select 1") for _ in range(2)] == [[(1,)]] * 2
    run(connections, "deallocate all")
    assert [run(connections, "select 1") for _ in range(2)] == [[(1,)]] * 2


def test_a_failed_statement_fails_alone(connections: Connections) -> None:
    """Its error is raised as it is, and the connection stays usable."""
    text = "select 1 / %(number)s::bigint"
    before = run(connections, PROCESS)
    assert run(connections, text, number=1) == [(1,)]
    with pytest.raises(errors.DivisionByZero):
        run(connections, text, number=0)
    assert run(connections, text, number=1) == [(1,)]
    assert run(connections, PROCESS) == before


def test_a_statement_that_fails_at_first_is_not_kept(connections: Connections) -> None:
    """However often it is tried: the server would keep each attempt until the connection ends."""
    for number in (0, 0, 0):
        with pytest.raises(errors.DivisionByZero):
            run(connections, "select 2 / %(number)s::bigint", number=number)
    kept = "select count(*) from pg_prepared_statements where statement like 'select 2 /%%'"
    assert run(connections, kept) == [(0,)]
    assert run(connections, "select 2 / %(number)s::bigint", number=1) == [(2,)]


def test_a_statement_that_takes_too_long_is_cancelled(hasty: Connections) -> None:
    """The connection stays usable."""
    before = run(hasty, PROCESS)
    assert run(hasty, SLEEP, seconds=0.0)
    with pytest.raises(RepositoryTimeoutError):
        run(hasty, SLEEP, seconds=5.0)
    assert run(hasty, SLEEP, seconds=0.0)
    assert run(hasty, PROCESS) == before


def test_a_connection_that_is_lost_during_a_statement_is_replaced(
    connections: Connections,
) -> None:
    """The statement is tried again once, and the next one has a new connection."""
    text = "select pg_terminate_backend(pg_backend_pid(), 1000) where %(is_last)s"
    before = run(connections, PROCESS)
    assert run(connections, text, is_last=False) == []
    with pytest.raises(RepositoryUnavailableError):
        run(connections, text, is_last=True)
    assert run(connections, PROCESS) not in ([], before)


def test_a_frozen_server_is_not_waited_for(hasty: Connections) -> None:
    """If not even its own timeout answers, the statement ends soon after that."""
    assert run(hasty, SLEEP, seconds=0.0)
    ((process,),) = run(hasty, PROCESS)
    begin = time.monotonic()
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(RepositoryUnavailableError):
            run(hasty, SLEEP, seconds=0.0)
        assert time.monotonic() - begin >= 0.2
    finally:
        os.kill(process, signal.SIGCONT)
