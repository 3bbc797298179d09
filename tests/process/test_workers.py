"""What several workers do together, and what a reader cannot do to one of them."""

import json
import socket
from contextlib import suppress
from http.client import HTTPConnection

import psycopg
from testbed.waiting import until

from rentomatic.demo import BOOK
from rentomatic.embedded.cluster import find_cluster
from tests.commands import Command, Commands
from tests.databases import ask

READERS = 12
STUCK_SECONDS = 10
SNAPSHOTS = """
select count(*) from pg_stat_activity
where xact_start < now() - interval '1 second' and backend_type like 'client%'
"""


def ask_for(service: Command, path: str, tag: str = "") -> tuple[int, str, bytes]:
    """Ask on a connection of its own, so that any worker may answer; give status, tag and body."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=30)
    connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
    answer = connection.getresponse()
    read = answer.status, answer.headers["ETag"], answer.read()
    connection.close()
    return read


def test_all_workers_give_the_same_tags(commands: Commands) -> None:
    """A client that was answered by one gets a 304 from every other."""
    service = commands.serve("--demo")
    for path in (
        "/rooms?sort=price",
        "/rooms?limit=none",
        "/rooms/summary",
        "/rooms/relaxations?filter_price__lt=1",
        f"/rooms/{BOOK[0][0]}",
    ):
        answers = {ask_for(service, path) for _ in range(READERS)}
        ((status, tag, _),) = answers
        assert status == 200
        assert {ask_for(service, path, tag) for _ in range(READERS)} == {(304, tag, b"")}


def test_a_write_is_seen_by_all_workers_at_once(commands: Commands) -> None:
    """No worker calls an answer unchanged after any client has changed the room."""
    service = commands.serve("--demo")
    database = find_cluster(commands.data).database
    path = "/rooms?limit=1&fields=price"
    _, tag, _ = ask_for(service, path)
    for price in range(1, 20):
        with psycopg.connect(database.url) as connection:
            connection.execute("update room set price = %s where code = %s", (price, BOOK[0][0]))
        status, tag, body = ask_for(service, path, tag)
        assert (status, json.loads(body)) == (200, [{"price": price}])


def test_a_client_that_reads_nothing_is_disconnected(commands: Commands) -> None:
    """Or next to nothing: it holds a thread and a snapshot no longer than a client may think."""
    service = commands.serve("--demo", WEB_CONCURRENCY="1", RENTOMATIC_THREADS="4")
    database = find_cluster(commands.data).database
    copies = "insert into room (code, size, price, longitude, latitude) "
    copies += "select gen_random_uuid(), size, price, longitude, latitude from room, "
    copies += "generate_series(1, 20)"
    with psycopg.connect(database.url) as connection:
        connection.execute(copies.encode())
    readers = []
    for _ in range(2):
        reader = socket.create_connection(("127.0.0.1", service.port))
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(b"GET /rooms?limit=none HTTP/1.1\r\nHost: x\r\n\r\n")
        readers.append(reader)
    until(lambda: ask(database, SNAPSHOTS) == [len(readers)])
    # Half of the threads may stream; the others answer.
    assert service.ask("/rooms?limit=none") == 503
    assert service.ask("/rooms?limit=1") == 200

    def are_disconnected() -> bool:
        with suppress(ConnectionError):
            readers[0].recv(1)  # next to nothing
        return ask(database, SNAPSHOTS) == [0]

    until(are_disconnected, 3 * STUCK_SECONDS)
    assert service.ask("/rooms?limit=none") == 200
    for reader in readers:
        reader.close()
