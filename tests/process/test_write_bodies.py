"""Bodies over real gunicorn: those that are cut, drip, or are framed in every way."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection, HTTPResponse

import pytest
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.tokens import token_line
from rentomatic.wsgi.body import MAX_BODY_BYTES
from tests.commands import Command, Commands
from tests.databases import ask
from tests.process.observation import lines
from tests.process.writing import BODY, COUNT, HANG_SECONDS, OTHER, TOKEN


def request(body: bytes = BODY, *headers: str, token: str = TOKEN) -> bytes:
    """Write a POST."""
    head = ["POST /rooms HTTP/1.1", "Host: x", "Content-Type: application/json"]
    head += [f"Authorization: Bearer {token}", *(headers or [f"Content-Length: {len(body)}"])]
    return "\r\n".join([*head, "", ""]).encode() + body


def chunked(*chunks: bytes) -> bytes:
    """Write a POST in chunks."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in (*chunks, b""))
    return request(body, "Transfer-Encoding: chunked")


def send(service: Command, sent: bytes, *, hang_up: bool = False) -> int | None:
    """Send bytes on a connection of its own, and no more; return the status of the answer."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=HANG_SECONDS) as client:
        client.sendall(sent)
        if hang_up:
            client.shutdown(socket.SHUT_WR)
        answer = HTTPResponse(client)
        try:
            answer.begin()
        except (ConnectionError, ValueError):
            return None
        return answer.status


@pytest.mark.parametrize(
    "whole", [request(), chunked(BODY[:10], BODY[10:])], ids=["length", "chunked"]
)
def test_a_post_that_is_cut_adds_no_room(
    service: Command, database: PostgresDatabase, whole: bytes
) -> None:
    """After whichever byte the connection is cut: no 500, no hang, no room before it is whole."""
    with ThreadPoolExecutor(16) as pool:
        sent = [whole[:length] for length in range(len(whole))]
        statuses = list(pool.map(lambda part: send(service, part, hang_up=True), sent))
    assert {*statuses} <= {None, 400, 408}
    assert ask(database, COUNT) == [0]
    assert send(service, whole) == 201
    assert ask(database, COUNT) == [1]
    until(lambda: len(lines(service)) >= 1)
    assert not [line for line in lines(service) if int(str(line["status"])) >= 500]
    assert "Traceback" not in service.complained
    assert "exception" not in service.complained


def test_a_body_that_does_not_arrive_frees_its_thread(
    commands: Commands, database: PostgresDatabase
) -> None:
    """It gets a 408, in chunks too, and others are answered then."""
    halves = [request()[:-1], chunked(BODY)[:-1], request()[: -len(BODY)]]
    service = commands.gunicorn(
        database,
        RENTOMATIC_TOKENS=token_line("office", TOKEN),
        WEB_CONCURRENCY="1",
        RENTOMATIC_THREADS=str(len(halves)),
    )
    with ThreadPoolExecutor(len(halves)) as pool:
        assert [*pool.map(partial(send, service), halves)] == [408] * len(halves)
    assert [service.ask("/rooms") for _ in halves] == [200] * len(halves)
    assert ask(database, COUNT) == [0]


def test_a_body_that_drips_frees_its_thread(narrow: Command, database: PostgresDatabase) -> None:
    """However long it would go on with a byte now and then."""
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=HANG_SECONDS) as client:
        client.sendall(request(b"", "Content-Length: 60000"))
        client.settimeout(0.2)
        deadline = time.monotonic() + HANG_SECONDS
        answer = b""
        while not answer:
            assert time.monotonic() < deadline
            client.sendall(b" ")
            try:
                answer = client.recv(1_000)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout")
    assert narrow.ask("/rooms") == 200
    assert ask(database, COUNT) == [0]


def test_a_client_without_a_token_holds_no_thread(narrow: Command) -> None:
    """The answer comes without the body, however long that is to be."""
    for headers in (["Content-Length: 1000000000"], ["Transfer-Encoding: chunked"]):
        assert send(narrow, request(b"", *headers, token=OTHER)) == 401
    assert send(narrow, request(b"", "Content-Length: 1000000000")) == 413
    assert narrow.ask("/rooms") == 200


FRAMED = [
    (chunked(BODY.ljust(MAX_BODY_BYTES)), 201),
    (chunked(BODY.ljust(MAX_BODY_BYTES + 1)), 413),
    (chunked(*[b" " * 1_000] * 500), 413),
    (chunked(*[BODY[n : n + 1] for n in range(len(BODY))]), 201),
    (request(b"zz\r\n", "Transfer-Encoding: chunked"), 400),
    (request(b"-1\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 400),
    (request(b"2\r\n{}x\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 400),
    (request(b"0\r\n\r\n", "Transfer-Encoding: chunked"), 400),
    (request(b"0\r\nbad trailer\r\n\r\n", "Transfer-Encoding: chunked"), 400),
    (request(BODY, "Content-Length: -1"), 400),
    (request(BODY, "Content-Length: 1", "Content-Length: 2"), 400),
    (request(BODY, "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
    (request(BODY, "Content-Length: 5"), 400),
    (request(BODY, f"Content-Length: {len(BODY)}", "Expect: 100-continue"), 201),
    (request(b"", "X-Empty: 1"), 400),
]


def test_a_body_is_read_as_it_is_framed(service: Command) -> None:
    """In chunks as with a length; wrong framing is an error, and ends the connection."""
    for sent, status in FRAMED:
        assert send(service, sent) == status, sent[:1_000]
    until(lambda: lines(service) or service.complained)
    assert "Traceback" not in service.complained
    assert "exception" not in service.complained


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        (TOKEN, [f"Content-Length: {len(BODY)}"], b"100"),
        (TOKEN, ["Transfer-Encoding: chunked"], b"100"),
        (OTHER, [f"Content-Length: {len(BODY)}"], b"401"),
        (OTHER, ["Transfer-Encoding: chunked"], b"401"),
        (TOKEN, ["Content-Length: 1000000000"], b"413"),
        (TOKEN, [f"Content-Length: {len(BODY)}", "Content-Encoding: gzip"], b"415"),
        (TOKEN, [f"Content-Length: {len(BODY)}", "If-Match: *"], b"400"),
    ],
    ids=["length", "chunked", "token", "token-chunked", "too-long", "encoded", "condition"],
)
def test_only_acceptable_bodies_get_100_continue(
    service: Command, token: str, headers: list[str], status: bytes
) -> None:
    """A client that waits for 100 Continue gets none before a refusal, so it sends no body."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=HANG_SECONDS) as client:
        client.sendall(request(b"", *headers, "Expect: 100-continue", token=token))
        received = client.recv(65_536)
        assert received.startswith(b"HTTP/1.1 " + status)
        if status != b"100":
            assert b"100 Continue" not in read_to_end(client, received)
            return
        assert received == b"HTTP/1.1 100 Continue\r\n\r\n"
        is_chunked = "chunked" in headers[0]
        client.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY) if is_chunked else BODY)
        assert client.recv(65_536).startswith(b"HTTP/1.1 201 Created")


def read_to_end(client: socket.socket, received: bytes = b"") -> bytes:
    """Read on until the server closes the connection."""
    while more := client.recv(65_536):
        received += more
    return received


def test_a_connection_goes_on_after_writes(service: Command) -> None:
    """Also after an answer that did not wait for the body."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=HANG_SECONDS)
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    for headers, status in ((given, 201), ({}, 401), (given | {"Content-Type": "x"}, 415)) * 3:
        connection.request("POST", "/rooms", BODY, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()
    assert len(service.get("/rooms")) == 3
