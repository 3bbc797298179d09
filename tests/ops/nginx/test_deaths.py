"""A worker that dies takes no read with it, and no write is tried twice."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from threading import Event, Thread
from uuid import uuid4

import pytest

from rentomatic.config import read_settings
from tests.ops.nginx.conftest import HERE, Site
from tests.ops.nginx.test_writes import ROOM, write
from tests.process.conftest import ask, locked_rooms, until

CLIENTS = 8
KILLS = 8
WORKERS = read_settings({}).workers
CHANGES = "select count(*) from room_change"
AT_WORK = """
select pid from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'
"""


def test_reads_survive_the_death_of_their_worker(site: Site) -> None:
    """Each is tried a second time; none of those under way fails."""
    got: list[int] = []
    done = Event()

    def read() -> None:
        with closing(HTTPConnection(HERE, site.proxy.port)) as connection:
            while not done.is_set():
                connection.request("GET", "/rooms", headers={"Accept": "application/json;q=1"})
                answer = connection.getresponse()
                answer.read()
                got.append(answer.status)

    clients = [Thread(target=read) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        for _ in range(KILLS):
            time.sleep(0.3)
            os.kill(site.workers()[0], signal.SIGKILL)
            until(lambda: len(site.workers()) == WORKERS)
    finally:
        done.set()
        for client in clients:
            client.join()

    assert set(got) == {200}
    assert len(got) > 100
    log = (site.proxy.folder / "rentomatic.log").read_text()
    assert '"upstream_status":"502, 200"' in log


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_is_tried_once(site: Site, method: str) -> None:
    """Whose worker dies is told 503, and not what a second try finds; nothing is made twice."""
    path = f"/rooms/{uuid4()}"
    assert write(site, "PUT", path, ROOM).status == 201
    (changes,) = ask(site.database, CHANGES)
    values = {"PATCH": {"price": 1}, "DELETE": None}.get(method, {**ROOM, "price": 1})
    with ThreadPoolExecutor(1) as pool, locked_rooms(site.database) as something_waits:
        written = pool.submit(write, site, method, "/rooms" if method == "POST" else path, values)
        something_waits()
        for worker in site.workers():
            os.kill(worker, signal.SIGKILL)
        answer = written.result()
    assert (answer.status, answer.json()["type"]) == (503, "SystemError")
    assert answer.headers["Retry-After"] == "1"
    assert site.logged(answer)["upstream_status"] == "502"
    until(lambda: ask(site.database, AT_WORK) == [])
    assert ask(site.database, CHANGES)[0] <= changes + 1
    until(lambda: len(site.workers()) == WORKERS)
    write(site, "DELETE", path)
