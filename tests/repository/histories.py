"""Rooms on a server and the history of their changes."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.embedded.binaries import run_as
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.database import psql_arguments
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.results import ChangePage
from rentomatic.requests.room_changes import RoomChangesRequest, Start
from rentomatic.requests.room_changes_cursor import ChangePosition
from tests.conftest import DISTRIBUTION
from tests.databases import settle

MakeRoom = Callable[..., Room]
Change = tuple[str, int, int | None]  # kind, number of the room, its price afterwards

SERVERS = ["embedded", *(["distribution"] if DISTRIBUTION else [])]
ADD = "insert into room (code, size, price, longitude, latitude) values (%s, 50, %s, 1, 2)"
INSERT = "insert into room (code, size, price, longitude, latitude)"
OLDER = "update room_change set made_at = made_at - make_interval(days => %s) where id <= %s"


def uuid(number: int) -> str:
    """Return the code of a room as text."""
    return str(UUID(int=number))


def changes_of(page: ChangePage) -> list[Change]:
    """Return the changes of a page in short form."""
    return [
        (each.kind.value, each.code.int, each.room.price if each.room else None)
        for each in page.changes
    ]


@dataclass
class History:
    """Rooms on a server, and their history.

    Attributes:
        cluster: the server.
        database: the rooms' database.
        repository: writes rooms as the service does.
        changes: reads the history as the service does.
    """

    cluster: Cluster
    database: PostgresDatabase
    repository: PostgresRepo
    changes: PostgresChanges

    def connect(self) -> psycopg.Connection[Any]:
        """Connect as a DBA does; each statement commits."""
        return psycopg.connect(self.database.url, autocommit=True)

    def run(self, *statements: str) -> None:
        """Run statements, each in its own transaction."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Run a query."""
        with self.connect() as connection:
            return connection.execute(question.encode()).fetchall()

    def read(self, since: ChangePosition | Start = Start.OLDEST, limit: int = 1000) -> ChangePage:
        """Read a page, once the server is idle."""
        settle(self.database)
        return self.changes.read(RoomChangesRequest(since, limit))

    def end(self) -> ChangePosition:
        """Return the position of the last change."""
        return self.read(Start.NOW).next

    def tool(self, name: str, *arguments: str) -> None:
        """Run a PostgreSQL program on the database."""
        ((conninfo,), _) = psql_arguments(self.database)
        command = [str(self.cluster.binaries / name), f"--dbname={conninfo}", *arguments]
        run_as(self.cluster.account, command, self.cluster.home).check_returncode()


@contextmanager
def history_in(
    cluster: Cluster, database: PostgresDatabase, kept: int | None = None
) -> Iterator[History]:
    """Use the rooms of an existing database."""
    with closing(Connections(database.url, changes_kept=kept)) as connections:
        yield History(cluster, database, PostgresRepo(connections), PostgresChanges(connections))


def numbered(history: History, amount: int) -> list[int]:
    """Make changes, each in its own transaction; return their numbers."""
    history.run(*(f"{INSERT} values ('{uuid(n)}', 50, {n}, 1, 2)" for n in range(1, amount + 1)))
    return numbers_of(history)


def numbers_of(history: History) -> list[int]:
    """Return the numbers of the stored changes."""
    return [number for (number,) in history.ask("select id from room_change order by xid, id")]
