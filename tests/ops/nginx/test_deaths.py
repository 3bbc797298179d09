"""If a worker dies, no read fails and no write is retried."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from threading import Event
from uuid import uuid4

import pytest
from testbed.waiting import until

from tests.databases import ask, locked_rooms
from tests.ops.nginx.site import TOKEN, Site
from tests.ops.nginx.writing import LONG_BATCH, ROOM, write

CLIENTS = 8
KILLS = 8
RELOADS = 4
CHANGES = "select count(*) from room_change"
AT_WORK = """
select pid from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'
  and backend_type = 'client backend'
"""


@contextmanager
def clients(ask: Callable[[int], int]) -> Iterator[list[list[int]]]:
    """Send requests from numbered clients continuously; yield the statuses of each."""
    got: list[list[int]] = [[] for _ in range(CLIENTS)]
    done = Event()

    def go_on(client: int) -> None:
        while not done.is_set():
            got[client].append(ask(client))

    with ThreadPoolExecutor(CLIENTS) as pool:
        asking = [pool.submit(go_on, client) for client in range(CLIENTS)]
        try:
            yield got
        finally:
            done.set()
        for each in asking:
            each.result()


def until_all_go_on(got: list[list[int]], answers: int) -> None:
    """Wait until each client has got this number of further answers."""
    wanted = [len(each) + answers for each in got]
    until(lambda: all(len(each) >= least for each, least in zip(got, wanted, strict=True)))


def test_reads_survive_the_death_of_their_worker(site: Site) -> None:
    """Each is retried once; no request in progress fails."""
    with clients(lambda _: site.ask("/rooms", {"Accept": "application/json;q=1"}).status) as got:
        for _ in range(KILLS):
            # A request whose worker has died before may not be in progress any more.
            until_all_go_on(got, 5)
            site.kill(min(site.workers()))
    assert {*chain(*got)} == {200}
    log = (site.proxy.folder / "rentomatic.log").read_text()
    assert '"upstream_status":"502, 200"' in log


def test_a_reload_fails_no_write(site: Site) -> None:
    """Workers finish their requests before they are replaced; no client needs to retry."""
    paths = [f"/rooms/{uuid4()}" for _ in range(CLIENTS)]
    with clients(lambda client: write(site, "PUT", paths[client], ROOM).status) as got:
        for _ in range(RELOADS):
            before = site.workers()
            os.kill(site.gunicorn, signal.SIGHUP)
            until(lambda before=before: not before & site.workers())
            until_all_go_on(got, 15)
    assert {*chain(*got)} == {200, 201}
    for path in paths:
        write(site, "DELETE", path)


def test_a_long_batch_whose_worker_dies_is_a_503(site: Site) -> None:
    """It may have been written: the answer says when to send it again."""
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/csv"}
    with ThreadPoolExecutor(1) as pool, locked_rooms(site.database) as something_waits:
        written = pool.submit(site.ask, "/rooms", given, "POST", LONG_BATCH)
        something_waits()
        site.kill(*site.workers())
        answer = written.result()
    assert (answer.status, answer.json()["type"]) == (503, "SystemError")
    assert answer.headers["Retry-After"] == "1"
    until(lambda: ask(site.database, AT_WORK) == [])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_is_tried_once(site: Site, method: str) -> None:
    """If its worker dies the client gets 503, not a retry's result; nothing is written twice."""
    path = f"/rooms/{uuid4()}"
    assert write(site, "PUT", path, ROOM).status == 201
    (changes,) = ask(site.database, CHANGES)
    values = {"PATCH": {"price": 1}, "DELETE": None}.get(method, {**ROOM, "price": 1})
    with ThreadPoolExecutor(1) as pool, locked_rooms(site.database) as something_waits:
        written = pool.submit(write, site, method, "/rooms" if method == "POST" else path, values)
        something_waits()
        site.kill(*site.workers())
        answer = written.result()
    assert (answer.status, answer.json()["type"]) == (503, "SystemError")
    assert answer.headers["Retry-After"] == "1"
    assert site.logged(answer)["upstream_status"] == "502"
    until(lambda: ask(site.database, AT_WORK) == [])
    assert ask(site.database, CHANGES)[0] <= changes + 1
    write(site, "DELETE", path)
