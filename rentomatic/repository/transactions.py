"""Where a repository does its work: in transactions of its own, or all of it in an open one."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from typing import Protocol, TypeVar

from psycopg import errors

from rentomatic.repository.batches import started
from rentomatic.repository.connection import Connection

T = TypeVar("T")
Head = TypeVar("Head")
# What a stream begins with, and its items; the context is left when those are exhausted.
Streaming = AbstractContextManager[tuple[Head, Generator[T, None, None]]]


# Never longer than the session's own limit; nullif, because 0 is no limit.
_LIMIT = """
select set_config(
  'statement_timeout',
  least(
    %(milliseconds)s,
    nullif(extract(epoch from current_setting('statement_timeout')::interval) * 1000, 0)
  )::integer::text,
  true
)
"""


class Transactions(Protocol):
    """Does the work of a repository; Connections and OneTransaction are the two ways to do it."""

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do read-only work."""

    def stream(self, work: Callable[[Connection], Streaming[Head, T]]) -> tuple[Head, Iterator[T]]:
        """Do read-only work in a snapshot that ends with the items."""

    def write(
        self, work: Callable[[Connection], T], *, dry_run: bool = False, actor: str | None = None
    ) -> T:
        """Do work in a transaction; a dry run rolls it back, the history records the actor."""


@dataclass(frozen=True, slots=True)
class OneTransaction:
    """Makes all work a part of the open transaction of a connection, which has its actor."""

    connection: Connection

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do read-only work."""
        return work(self.connection)

    def stream(self, work: Callable[[Connection], Streaming[Head, T]]) -> tuple[Head, Iterator[T]]:
        """Do read-only work."""
        return streamed(nullcontext(self.connection), work)

    def write(
        self, work: Callable[[Connection], T], *, dry_run: bool = False, actor: str | None = None
    ) -> T:
        """Do work in a savepoint, which can be rolled back separately."""
        del actor
        with self.connection.transaction(force_rollback=dry_run):
            return work(self.connection)


def if_fast(
    connections: Transactions, work: Callable[[Connection], T], milliseconds: int
) -> T | None:
    """Do read-only work; return None if one of its statements takes longer than this."""

    def limited(connection: Connection) -> T | None:
        try:
            with connection.transaction():
                connection.run(_LIMIT, {"milliseconds": milliseconds})
                return work(connection)
        except errors.QueryCanceled:
            return None

    return connections.read(limited)


def streamed(
    transaction: AbstractContextManager[Connection],
    work: Callable[[Connection], Streaming[Head, T]],
) -> tuple[Head, Iterator[T]]:
    """Begin a stream in a transaction, which ends with the items."""
    with ExitStack() as stack:
        connection = stack.enter_context(transaction)
        head, items = stack.enter_context(work(connection))
        return head, started(_within(stack.pop_all(), items))


def _within(context: ExitStack, items: Generator[T, None, None]) -> Generator[T, None, None]:
    with context:
        yield from items
