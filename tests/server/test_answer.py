"""How an answer is sent (PEP 3333)."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from testbed.waiting import until

from rentomatic.server.answer import Answer, Headers

FIVE: Headers = [("Content-Length", "5")]


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The client's socket and the server's."""
    client, server = socket.socketpair()
    with client, server:
        client.settimeout(0)
        server.settimeout(0)
        yield client, server


Sockets = tuple[socket.socket, socket.socket]


def answer(
    sockets: Sockets,
    *pieces: bytes,
    headers: Headers = FIVE,
    status: str = "200 OK",
    method: str = "GET",
    protocol: str = "HTTP/1.1",
) -> tuple[bytes, Answer]:
    """Return what is sent."""
    client, server = sockets
    made = Answer(server, method, protocol, lambda: True)
    made.start_response(status, headers)
    made.send(pieces)
    return client.recv(65_536), made


def test_the_head_of_an_answer_is_sent_with_what_follows(sockets: Sockets) -> None:
    """If the worker is killed, a proxy without the head can ask another one."""
    client, server = sockets
    made = Answer(server, "GET", "HTTP/1.1", lambda: True)

    def pieces() -> Iterator[bytes]:
        with pytest.raises(BlockingIOError):
            client.recv(100)
        yield b""
        with pytest.raises(BlockingIOError):
            client.recv(100)
        yield b"piece"
        assert client.recv(1_000).endswith(b"\r\n\r\n5\r\npiece\r\n")
        yield b"more"
        assert client.recv(1_000) == b"4\r\nmore\r\n"

    made.start_response("200 OK", [])
    made.send(pieces())
    assert client.recv(100) == b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "status", "headers", "length"),
    [
        ("HEAD", "200 OK", FIVE, True),
        ("HEAD", "200 OK", [], False),
        ("GET", "304 Not Modified", FIVE, True),
        ("GET", "304 Not Modified", [], False),
        ("GET", "204 No Content", FIVE, False),
    ],
)
def test_an_answer_may_have_no_body(
    sockets: Sockets,
    method: str,
    status: str,
    headers: Headers,
    length: bool,  # noqa: FBT001
) -> None:
    """Whatever the application returns (RFC 9110, sections 6.4.1 and 8.6)."""
    sent, made = answer(sockets, b"piece", method=method, status=status, headers=headers)
    assert sent.endswith(b"\r\n\r\n")
    assert (b"Content-Length: 5" in sent) is length
    assert b"Transfer-Encoding" not in sent
    assert (made.is_kept, made.sent) == (True, 0)


def test_a_length_is_kept_to(sockets: Sockets) -> None:
    """Never more is sent; after less the connection ends."""
    sent, made = answer(sockets, b"pie", b"ces", b"!")
    assert sent.endswith(b"\r\n\r\npiece")
    assert made.is_kept
    sent, made = answer(sockets, b"pie")
    assert sent.endswith(b"\r\n\r\npie")
    assert not made.is_kept


def test_an_end_that_http_1_0_could_not_see_is_the_end_of_the_connection(sockets: Sockets) -> None:
    """It knows no chunks; with a length it may keep the connection."""
    sent, made = answer(sockets, b"piece", headers=[], protocol="HTTP/1.0")
    assert sent.startswith(b"HTTP/1.0 200 OK\r\n")
    assert sent.endswith(b"\r\n\r\npiece")
    assert b"\r\nConnection: close\r\n" in sent
    assert not made.is_kept
    assert answer(sockets, b"piece", protocol="HTTP/1.0")[1].is_kept


@pytest.mark.parametrize(
    "header",
    [
        *(("A", "b\r\nc: d"), ("A", "b\nc"), ("A", "b\rc"), ("A", "b\x00"), ("A", "\u20ac")),
        *(("A\r\nB", "c"), ("A B", "c"), ("A:", "b"), ("", "b"), ("A\n", "b")),
        *(("Connection", "close"), ("Transfer-Encoding", "chunked"), ("Content-Length", "x")),
        *(("Content-Length", "-1"), ("Content-Length", "+5"), ("Content-Length", "5_0")),
    ],
)
def test_headers_that_http_does_not_allow_are_not_sent(
    sockets: Sockets, header: tuple[str, str]
) -> None:
    """They are a mistake of the application."""
    with pytest.raises(ValueError, match=r"."):
        answer(sockets, b"piece", headers=[header])
    with pytest.raises(BlockingIOError):
        sockets[0].recv(1)


def test_an_application_cannot_ignore_that_its_headers_are_not_allowed(sockets: Sockets) -> None:
    """An answer that was refused has not begun."""
    client, server = sockets
    for headers in ([("A", "b\r\nc: d")], [*FIVE, ("Content-Length", "6")]):
        made = Answer(server, "GET", "HTTP/1.1", lambda: True)
        with pytest.raises(ValueError, match=r"invalid"):
            made.start_response("200 OK", headers)
        with pytest.raises(RuntimeError):
            made.write(b"piece")
        with pytest.raises(BlockingIOError):
            client.recv(1)


def test_an_answer_begins_once(sockets: Sockets) -> None:
    """Unless the application begins again because of an error, before anything is sent."""
    client, server = sockets
    made = Answer(server, "GET", "HTTP/1.1", lambda: True)
    with pytest.raises(RuntimeError):
        made.write(b"too early")
    made.start_response("200 OK", FIVE)
    with pytest.raises(RuntimeError):
        made.start_response("200 OK", FIVE)
    error = KeyError("x")
    made.start_response("500 Failed", FIVE, (KeyError, error, error.__traceback__))  # type: ignore[arg-type]
    made.send([b"piece"])
    assert client.recv(100).startswith(b"HTTP/1.1 500 Failed\r\n")
    with pytest.raises(KeyError):
        made.start_response("500 Failed", FIVE, (KeyError, error, error.__traceback__))  # type: ignore[arg-type]


def test_a_client_that_takes_nothing_is_given_up(
    sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After STUCK_SECONDS; one that takes something now and then gets everything."""
    monkeypatch.setattr("rentomatic.server.answer.STUCK_SECONDS", 0.2)
    with pytest.raises(TimeoutError):
        answer(sockets, b"x" * 5_000_000, headers=[])


@contextmanager
def reading(most: int, seconds: float) -> Iterator[tuple[socket.socket, list[bytes]]]:
    """Let a client read at most this many bytes, pause, and so on; yield the server's socket.

    Also yields what the client has read.
    """
    read: list[bytes] = []
    is_over = False

    def read_on() -> None:
        with client:
            while not is_over and (piece := client.recv(most)):
                read.append(piece)
                time.sleep(seconds)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        # As over a network, where a client acknowledges less at a time.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1_400)
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    server.settimeout(0)
    thread = Thread(target=read_on)
    thread.start()
    try:
        yield server, read
    finally:
        is_over = True
        server.close()
        thread.join()


def test_a_client_that_takes_next_to_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although it takes something again and again."""
    monkeypatch.setattr("rentomatic.server.answer.STUCK_SECONDS", 0.5)
    monkeypatch.setattr("rentomatic.server.departure.BYTES_PER_SECOND", 1_000_000)
    with reading(5_000, 0.1) as (server, read):
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        made = Answer(server, "GET", "HTTP/1.1", lambda: True)
        made.start_response("200 OK", [])
        with pytest.raises(TimeoutError):
            made.send([b"x" * 10_000_000])
    assert read


def test_a_slow_client_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although the kernel accepts nothing for a while, as much waits there for the client."""
    monkeypatch.setattr("rentomatic.server.answer.STUCK_SECONDS", 0.8)
    body = b"x" * 800_000
    with reading(10_000, 0.1) as (server, read):
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200_000)
        made = Answer(server, "GET", "HTTP/1.1", lambda: True)
        made.start_response("200 OK", [("Content-Length", str(len(body)))])
        made.send([body])
        server.shutdown(socket.SHUT_WR)
        until(lambda: b"".join(read).endswith(b"\r\n\r\n" + body))


def test_the_date_is_now(sockets: Sockets) -> None:
    """In the form of RFC 9110, section 5.6.7."""
    sent, _ = answer(sockets, b"piece")
    assert re.search(rb"\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n", sent)
