"""What tests ask a database past the service, and how they hold one still."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from testbed.waiting import until

from rentomatic.config import PostgresDatabase


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


def settle(database: PostgresDatabase) -> None:
    """Wait until no transaction of the server hides the changes behind it, as ANALYZE may."""
    now = "select pg_snapshot_xmin(pg_current_snapshot()) = pg_snapshot_xmax(pg_current_snapshot())"
    until(lambda: ask(database, now) == [True])
