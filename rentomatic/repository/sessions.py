"""Sessions: what a piece of work has to do with the database, handed on and never looked up."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from psycopg.rows import namedtuple_row

from rentomatic.repository.connection import Connection

T = TypeVar("T")
Yields = Generator[T, None, None]

NOTHING: Mapping[str, object] = {}


class Session:
    """A connection with which a piece of work is done; it belongs to one thread.

    Attributes:
        connection: what the work needs of it besides `run` and `named`: pipelines, cursors.
    """

    def __init__(self, connection: Connection, silences: int = 0) -> None:
        self.connection = connection
        self.silences = silences
        # One cursor for all statements: to make one takes as long as a short statement.
        self._cursor = connection.cursor(binary=True)

    def run(
        self, text: str | bytes, parameters: Mapping[str, object] = NOTHING
    ) -> list[tuple[Any, ...]]:
        """Run a prepared statement; return its rows, of which one that returns none has none."""
        cursor = self._cursor.execute(text, parameters, prepare=True)
        return cursor.fetchall() if cursor.description else []

    def named(self, text: str | bytes, parameters: Mapping[str, object] = NOTHING) -> list[Any]:
        """Run a prepared statement; return its rows as named tuples."""
        cursor = self.connection.cursor(binary=True, row_factory=namedtuple_row)
        return cursor.execute(text, parameters, prepare=True).fetchall()


class Sessions(Protocol):
    """Where a repository's work is done."""

    def read(self, work: Callable[[Session], T]) -> T:
        """Do work that changes nothing."""

    def stream(self, work: Callable[[Session], Yields[T]]) -> tuple[T, Yields[T]]:
        """Do work that yields, in a snapshot; return what it yields first, and the rest."""

    def write(self, work: Callable[[Session], T], *, dry_run: bool = False) -> T:
        """Do work in a transaction, which a dry run rolls back."""

    def acting_as(self, actor: str) -> "Sessions":
        """Return sessions whose changes are recorded as the work of somebody."""


@dataclass(frozen=True, slots=True)
class OneTransaction:
    """Does all work in a transaction that is open: what is written is a part of it."""

    session: Session

    def read(self, work: Callable[[Session], T]) -> T:
        """Do work that changes nothing."""
        return work(self.session)

    def stream(self, work: Callable[[Session], Yields[T]]) -> tuple[T, Yields[T]]:
        """Do work that yields."""
        following = work(self.session)
        return next(following), following

    def write(self, work: Callable[[Session], T], *, dry_run: bool = False) -> T:
        """Do work that can be rolled back alone."""
        with self.session.connection.transaction(force_rollback=dry_run):
            return work(self.session)

    def acting_as(self, actor: str) -> Sessions:
        """Return this: the transaction knows already whose work it is."""
        del actor
        return self
