"""A primary that is lost during writes, and a standby that is promoted."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from rentomatic.config import PostgresDatabase
from rentomatic.database_url import of_primary
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from testbed.replication import (
    Server,
    database_on,
    most_advanced,
    new_primary,
    require,
    standby_of,
)
from testbed.writers import Comparison, Writers, compare, first_after


@dataclass(frozen=True, slots=True)
class Group:
    """A primary and its standbys.

    Attributes:
        primary: the server that accepts writes.
        standbys: the others.
    """

    primary: Server
    standbys: tuple[Server, ...]

    @property
    def database(self) -> PostgresDatabase:
        """The database with all servers in its URL, as the service completes it."""
        database = database_on(self.primary, *self.standbys)
        urls = (database.url, database.maintenance_url)
        return PostgresDatabase(*(of_primary(url, {}) for url in urls))


@contextmanager
def new_group(*, is_synchronous: bool) -> Iterator[Group]:
    """Run three servers with a migrated database.

    Args:
        is_synchronous: whether each commit waits until one of the standbys has it.
    """
    with ExitStack() as stack:
        primary = stack.enter_context(new_primary())
        create_database(primary.database)
        apply_migrations(primary.database.url)
        one, two = (stack.enter_context(standby_of(primary, name)) for name in ("one", "two"))
        if is_synchronous:
            require(primary, one, two)
        yield Group(primary, (one, two))


@dataclass(frozen=True, slots=True)
class Failover:
    """What a failover cost.

    Attributes:
        seconds: from the promotion until a room was acknowledged that was sent after it.
        found: how the acknowledged rooms compare with those of the new primary.
        group: the servers that are left.
    """

    seconds: float
    found: Comparison
    group: Group


def fail_over(writers: Writers, group: Group, lose: Callable[[Server], None]) -> Failover:
    """Lose the primary during writes, promote the standby that has received most, and compare.

    Args:
        writers: the clients.
        group: the servers.
        lose: what happens to the primary, such as `crash` or `freeze`.
    """
    writers.wait_a_while()
    lose(group.primary)
    new = most_advanced(*group.standbys)
    new.promote()
    promoted = time.time()
    seconds = first_after(writers, promoted) - promoted
    left = Group(new, tuple(each for each in group.standbys if each is not new))
    return Failover(seconds, compare(new.database, writers), left)


def rejoin(group: Group) -> None:
    """Let the standbys follow the primary that was promoted, and each commit wait for one."""
    for each in group.standbys:
        each.follow(group.primary)
    require(group.primary, *group.standbys)
