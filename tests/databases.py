"""What tests ask a database past the service, and how they hold one still."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.binaries import run_as
from rentomatic.embedded.cluster import Cluster


def ask(database: PostgresDatabase, question: str) -> list[Any]:
    """Query one column."""
    with psycopg.connect(database.url) as connection:
        return [value for (value,) in connection.execute(question.encode())]


@contextmanager
def locked_rooms(database: PostgresDatabase) -> Iterator[Callable[[], object]]:
    """Keep every search waiting; gives what waits until one does."""
    waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock'"
    with psycopg.connect(database.url) as connection:
        connection.execute("lock table room in access exclusive mode")
        yield lambda: until(lambda: ask(database, waiting))


@contextmanager
def standby_of(cluster: Cluster) -> Iterator[Cluster]:
    """Run a standby of a server, in a folder beside it."""
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
        yield standby
    finally:
        standby.stop()


def settle(database: PostgresDatabase) -> None:
    """Wait until no transaction of the server hides the changes behind it, as ANALYZE may."""
    now = "select pg_snapshot_xmin(pg_current_snapshot()) = pg_snapshot_xmax(pg_current_snapshot())"
    until(lambda: ask(database, now) == [True])
