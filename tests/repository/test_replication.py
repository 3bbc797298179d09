"""The testbed's replicating servers do what tests of failovers and replicas rely on."""

from contextlib import ExitStack

import psycopg
from testbed.processes import crash, freeze, thaw
from testbed.replication import (
    Server,
    database_on,
    most_advanced,
    new_primary,
    require,
    standby_of,
)

NUMBERS = "select coalesce(array_agg(number order by number), '{}') from written"


def write(number: int, *servers: Server) -> None:
    """Write a number to the primary among these servers."""
    database = database_on(*servers, query="target_session_attrs=read-write")
    with psycopg.connect(database.maintenance_url, connect_timeout=2) as connection:
        connection.execute("insert into written values (%s)", [number])


def test_a_primary_with_two_standbys_survives_its_end() -> None:
    """One standby may freeze, or lag; the one that has received most loses nothing."""
    with ExitStack() as stack:
        primary = stack.enter_context(new_primary())
        with psycopg.connect(primary.database.maintenance_url) as connection:
            connection.execute("create table written (number int)")
        one, two = (stack.enter_context(standby_of(primary, name)) for name in ("one", "two"))
        require(primary, one, two)
        freeze(two)
        write(1, two, one, primary)
        thaw(two)
        one.configure(recovery_min_apply_delay="1h")
        write(2, one, two, primary)
        two.catch_up(primary)
        assert (one.ask(NUMBERS), two.ask(NUMBERS)) == ([[1]], [[1, 2]])
        one.configure(recovery_min_apply_delay="0")
        one.catch_up(primary)
        crash(primary)
        new = most_advanced(one, two)
        new.promote()
        other = two if new is one else one
        other.follow(new)
        require(new, other)
        write(3, primary, other, new)
        other.catch_up(new)
        assert other.ask(NUMBERS) == [[1, 2, 3]]
