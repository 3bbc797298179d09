"""Clients that send too many requests, or send or read too slowly, do not affect others."""

import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from socket import socket
from uuid import UUID

import psycopg
import pytest
from testbed.waiting import until

from rentomatic.demo import BOOK
from tests.databases import ask
from tests.ops.nginx.site import HERE, TOKEN, Answer, Site

HASTY = "127.0.0.2"
GREEDY = "127.0.0.3"
WORDY = "127.0.0.5"
SILENT = "127.0.0.7"
OFFICE = "127.0.0.6"
HALF_OPEN = 1_600
READERS = 3
STUCK_SECONDS = 10
# Longer than allowed except for POST /rooms.
LONG = b"x" * 2_000_000
BATCH_BYTES = 40 * 2**20
STREAMS = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
  and backend_type = 'client backend'
"""


def statuses(site: Site, amount: int, source: str) -> list[int]:
    """Send requests as fast as possible on one connection."""
    connection = HTTPConnection(HERE, site.proxy.port, source_address=(source, 0))
    with closing(connection):
        got = []
        for _ in range(amount):
            connection.request("GET", "/rooms?limit=1")
            answer = connection.getresponse()
            answer.read()
            got.append(answer.status)
    return got


def refusal(site: Site, source: str) -> Answer:
    """Send requests until one is refused."""

    def refused() -> Answer | None:
        answer = site.ask("/rooms", source=source)
        return answer if answer.status == 429 else None

    return until(refused)


def test_a_fast_client_is_limited(site: Site) -> None:
    """After its burst; other clients and this machine are not limited."""
    got = statuses(site, 400, HASTY)
    assert set(got[:200]) == {200}
    assert 429 in got
    refused = refusal(site, HASTY)
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["type"] == "LimitError"
    assert set(statuses(site, 20, GREEDY)) == {200}
    assert set(statuses(site, 400, HERE)) == {200}
    time.sleep(1)
    assert set(statuses(site, 20, HASTY)) == {200}


def begin_post(site: Site, length: str, source: str) -> socket:
    """Send the head of a POST; return the connection when nginx waits for the body."""
    connection = site.connect(source)
    head = ["POST /rooms HTTP/1.1", "Host: x", "Expect: 100-continue", length, "", ""]
    connection.sendall("\r\n".join(head).encode())
    assert connection.recv(64).startswith(b"HTTP/1.1 100 ")
    return connection


def test_a_client_has_a_hundred_searches_at_a_time(site: Site) -> None:
    """An office behind one address is served; only further searches are refused."""

    def search(number: int, source: str) -> int:
        return site.ask(f"/rooms?limit=1&filter_size__lt={number}", source=source).status

    with ThreadPoolExecutor(101) as pool, site.stopped_workers():
        searches = [pool.submit(search, number, OFFICE) for number in range(1, 101)]
        until(lambda: site.passed_on() == 100)
        assert search(101, OFFICE) == 429
        searches.append(pool.submit(search, 101, GREEDY))
        until(lambda: site.passed_on() == 101)
    assert [each.result() for each in searches] == [200] * 101


def test_requests_in_progress_are_limited_per_client(site: Site) -> None:
    """The 101st is refused at once; other clients are served."""
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(begin_post(site, "Content-Length: 9", GREEDY))
        refused = site.ask("/rooms", source=GREEDY)
        assert (refused.status, refused.json()["type"]) == (429, "LimitError")
        assert site.ask("/rooms").status == 200
    until(lambda: site.ask("/rooms", source=GREEDY).status == 200)


def test_long_bodies_in_progress_are_limited_per_client(site: Site) -> None:
    """They are on disk while they arrive, even without a token; short ones are accepted."""

    def post(body: bytes, source: str = WORDY) -> Answer:
        return site.ask("/rooms", method="POST", body=body, source=source)

    with ExitStack() as stack:
        for length in ["Content-Length: 1000000", "Transfer-Encoding: chunked"] * 4:
            stack.enter_context(begin_post(site, length, WORDY))
        refused = post(LONG)
        assert (refused.status, refused.json()["type"]) == (429, "LimitError")
        assert refused.headers["Retry-After"] == "1"
        assert [post(body).status for body in (b"x" * 999_999, b"x", b"")] == [401] * 3
        for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
            assert site.ask("/rooms", method=method, source=WORDY).status != 429
        assert post(LONG, GREEDY).status == 401
    until(lambda: post(LONG).status == 401)


def test_a_slow_body_is_accepted(site: Site) -> None:
    """Even if it takes longer in all than the time-out for silent clients."""
    with begin_post(site, "Content-Length: 3", WORDY) as connection:
        for _ in range(3):
            time.sleep(0.4 * STUCK_SECONDS)
            connection.sendall(b"x")
        assert connection.recv(64).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(("length", "status"), [(8_190, 400), (8_191, 414)])
def test_the_length_of_a_first_line_is_limited(site: Site, length: int, status: int) -> None:
    """Shorter ones reach the service, which does not know the parameter."""
    first = f"GET /rooms?{'x' * (length - len('GET /rooms? HTTP/1.1'))} HTTP/1.1"
    assert len(first) == length
    answer = site.send(f"{first}\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.status == status
    assert answer.json()["type"] == ("ParametersError" if status == 400 else "LimitError")


@pytest.mark.parametrize(
    ("lengths", "status"), [([8_190], 200), ([8_191], 431), ([8_000] * 4, 200), ([8_000] * 5, 431)]
)
def test_the_length_of_headers_is_limited(site: Site, lengths: list[int], status: int) -> None:
    """Each, and in all; shorter ones reach the service."""
    lines = ["GET /rooms?limit=1 HTTP/1.1", "Host: x", "Connection: close"]
    lines += [f"X-{number}: ".ljust(length, "x") for number, length in enumerate(lengths)]
    assert site.send("\r\n".join([*lines, "", ""]).encode()).status == status


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize(
    ("first", "most"), [("POST /rooms", 64 * 2**20), (f"PUT /rooms/{BOOK[0][0]}", 2**20)]
)
def test_the_length_of_a_body_is_limited(
    site: Site, first: str, most: int, *, is_chunked: bool
) -> None:
    """Whether its length is announced or counted; shorter ones reach the service."""
    for size, status in ((most, 401), (most + 1, 413)):
        body = b"x" * size
        if is_chunked:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, body)
            length = "Transfer-Encoding: chunked"
        else:
            length = f"Content-Length: {size}"
        head = f"{first} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{length}\r\n\r\n"
        assert site.send(head.encode() + body).status == status


def test_a_batch_reaches_the_service_once_it_is_whole(site: Site) -> None:
    """No thread waits while it is sent, and the service's refusal passes unchanged."""
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/octet-stream"}
    answer = site.ask("/rooms", given, "POST", b" " * BATCH_BYTES)
    assert (answer.status, answer.json()["type"]) == (415, "MediaTypeError")
    assert site.logged(answer)["upstream_status"] == "415"
    assert "a client request body is buffered to a temporary file" in site.errors()


def test_the_longest_search_is_answered(site: Site) -> None:
    """Its links exceed nginx's default buffer."""
    codes = [room[0] for room in BOOK] + [str(UUID(int=number)) for number in range(96)]
    prices = [str(room[2]) for room in BOOK] + [str(10**17 + number) for number in range(96)]
    query = f"filter_code__in={','.join(codes)}&filter_price__in={','.join(prices)}&limit=1"
    query += "&near=0.0,51.5"
    answer = site.ask(f"/rooms?{query}")
    assert answer.status == 200
    assert len(answer.headers["Link"]) > 3 * len(query) > 12_000
    assert 'rel="next"' in answer.headers["Link"]


@pytest.fixture
def many_files() -> Iterator[None]:
    """Allow enough open files for all half-open clients."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * HALF_OPEN), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_half_open_clients_do_not_block_others(site: Site, many_files: None) -> None:
    """They are more than the connections of Debian's nginx; after a while they are closed."""
    with ExitStack() as stack:
        silent = [stack.enter_context(site.connect(SILENT)) for _ in range(HALF_OPEN)]
        for each in silent:
            each.sendall(b"GET /rooms HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        for number in range(50):
            answer = site.ask(f"/rooms?limit={number + 1}", {"Accept": "application/json;q=1"})
            assert (answer.status, len(answer.json())) == (200, number + 1)
        began = time.monotonic()
        for each in silent:
            each.settimeout(3 * STUCK_SECONDS)
            with pytest.raises(ConnectionResetError):
                each.recv(1)
        assert time.monotonic() - began < 3 * STUCK_SECONDS


@pytest.fixture(scope="module")
def many_rooms(site: Site) -> Iterator[int]:
    """Enough rooms that no buffer holds a stream of them."""
    more = "insert into room (code, size, price, longitude, latitude) "
    more += "select gen_random_uuid(), size, 999999, longitude, latitude from room, "
    more += "generate_series(1, 20)"
    with psycopg.connect(site.database.url, autocommit=True) as connection:
        connection.execute(more.encode())
        yield ask(site.database, "select count(*) from room")[0]
        connection.execute("delete from room where price = 999999")


def test_clients_that_do_not_read_a_stream_are_disconnected(site: Site, many_rooms: int) -> None:
    """The service is free again, and nothing of the stream goes to disk."""
    whole = site.ask("/rooms?limit=none&format=ndjson")
    assert whole.body.count(b"\n") == many_rooms
    with ExitStack() as stack:
        for _ in range(READERS):
            reader = stack.enter_context(site.connect(buffer=4096))
            reader.sendall(b"GET /rooms?limit=none HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: ask(site.database, STREAMS) == [READERS])
        assert site.ask("/rooms?limit=1").status == 200
        until(lambda: ask(site.database, STREAMS) == [0], 3 * STUCK_SECONDS)
    assert "response is buffered to a temporary file" not in site.errors()


def test_a_stream_whose_worker_dies_looks_incomplete(site: Site, many_rooms: int) -> None:
    """Its end is missing, and the client can see that."""
    with site.connect(buffer=4096) as reader:
        reader.sendall(b"GET /rooms?limit=none HTTP/1.1\r\nHost: x\r\n\r\n")
        assert reader.recv(12) == b"HTTP/1.1 200"
        site.kill(*site.workers())
        body = b"".join(iter(lambda: reader.recv(65536), b""))
        assert not body.endswith(b"\r\n0\r\n\r\n")
    until(lambda: site.ask("/health/ready").status == 200)
