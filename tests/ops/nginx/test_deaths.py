"""A worker that dies takes no read with it."""

import os
import signal
import time
from contextlib import closing
from http.client import HTTPConnection
from threading import Event, Thread

from rentomatic.config import read_settings
from tests.ops.nginx.conftest import HERE, Site
from tests.process.conftest import until

CLIENTS = 8
KILLS = 8
WORKERS = read_settings({}).workers


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
