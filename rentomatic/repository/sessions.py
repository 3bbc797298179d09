"""Sessions: a piece of work's access to the database, always passed as an argument."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from psycopg.rows import namedtuple_row

from rentomatic.repository.connection import Connection

T = TypeVar("T")
Yields = Generator[T, None, None]

NOTHING: Mapping[str, object] = {}


class Session:
    """A connection for a piece of work; it belongs to one thread.

    Attributes:
        connection: for what `run` and `named` do not offer, such as pipelines and cursors.
    """

    def __init__(self, connection: Connection, silences: int = 0) -> None:
        self.connection = connection
        self.silences = silences
        # One cursor for all statements: creating one takes as long as a short statement.
        self._cursor = connection.cursor(binary=True)

    def run(
        self, text: str | bytes, parameters: Mapping[str, object] = NOTHING
    ) -> list[tuple[Any, ...]]:
        """Run a prepared statement; return its rows, if it returns any."""
        cursor = self._cursor.execute(text, parameters, prepare=True)
        return cursor.fetchall() if cursor.description else []

    def named(self, text: str | bytes, parameters: Mapping[str, object] = NOTHING) -> list[Any]:
        """Run a prepared statement; return its rows as named tuples."""
        cursor = self.connection.cursor(binary=True, row_factory=namedtuple_row)
        return cursor.execute(text, parameters, prepare=True).fetchall()


class Sessions(Protocol):
    """Runs the work of a repository in sessions."""

    def read(self, work: Callable[[Session], T]) -> T:
        """Do read-only work."""

    def stream(self, work: Callable[[Session], Yields[T]]) -> tuple[T, Yields[T]]:
        """Do work that yields, in a snapshot; return what it yields first, and the rest."""

    def write(self, work: Callable[[Session], T], *, dry_run: bool = False) -> T:
        """Do work in a transaction, which a dry run rolls back."""

    def acting_as(self, actor: str) -> "Sessions":
        """Return sessions whose changes are recorded under an actor."""


@dataclass(frozen=True, slots=True)
class OneTransaction:
    """Does all work in an open transaction, and makes all writes a part of it."""

    session: Session

    def read(self, work: Callable[[Session], T]) -> T:
        """Do read-only work."""
        return work(self.session)

    def stream(self, work: Callable[[Session], Yields[T]]) -> tuple[T, Yields[T]]:
        """Do work that yields."""
        following = work(self.session)
        return next(following), following

    def write(self, work: Callable[[Session], T], *, dry_run: bool = False) -> T:
        """Do work in a savepoint, which can be rolled back separately."""
        with self.session.connection.transaction(force_rollback=dry_run):
            return work(self.session)

    def acting_as(self, actor: str) -> Sessions:
        """Return this object: the transaction already has its actor."""
        del actor
        return self
