"""The primary is lost during writes, and a standby is promoted: the service follows by itself."""

import json
import signal
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import psycopg
import pytest
from testbed.failover import Group, fail_over, new_group, rejoin
from testbed.processes import crash, freeze
from testbed.waiting import until
from testbed.writers import Writers, compare

from rentomatic.tokens import token_line
from tests.commands import SECONDS, Command, Commands
from tests.process.writing import TOKEN


@pytest.fixture
def group() -> Iterator[Group]:
    """A primary with two standbys, one of which must have each commit."""
    with new_group(is_synchronous=True) as group:
        yield group


def changes_since(service: Command, cursor: str) -> tuple[int, str]:
    """Read changes; return the status and the next cursor."""
    with closing(HTTPConnection("127.0.0.1", service.port, timeout=SECONDS)) as connection:
        connection.request("GET", f"/rooms/changes?since={cursor}")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()).get("next", "")


def test_no_acknowledged_write_is_lost_with_its_primary(group: Group, commands: Commands) -> None:
    """Killed, and then frozen; writes return, and readers of changes start again."""
    service = commands.gunicorn(
        group.database,
        RENTOMATIC_TOKENS=token_line("office", TOKEN),
        WEB_CONCURRENCY="2",
    )
    with Writers(f"127.0.0.1:{service.port}", TOKEN) as writers:
        for lose in (crash, freeze):
            _, cursor = until(lambda: (found := changes_since(service, "now"))[1] and found)
            failover = fail_over(writers, group, lose)
            assert (failover.found.lost, failover.found.doubled) == (0, 0)
            until(lambda cursor=cursor: changes_since(service, cursor)[0] == 410)
            group = failover.group
            if group.standbys:
                rejoin(group)
    assert {*writers.statuses} == {201, 503}
    assert not writers.failures
    until(lambda: [service.ask("/health/ready") for _ in range(8)] == [200] * 8)
    # What is lost would be found.
    with psycopg.connect(group.primary.database.url) as connection:
        connection.execute("delete from room where price = 1")
    assert compare(group.primary.database, writers).lost == 1
    assert service.end(signal.SIGTERM) == 0
