"""Requests and their answers, as bytes."""

from typing import Any

import pytest

from rentomatic.wsgi.request import ARRIVED
from tests.malformed import CHUNKED, GET, HOST, POST
from tests.server.conftest import Connect, Echo


def test_requests_may_be_sent_ahead(connect: Connect, echo: Echo) -> None:
    """Each is answered in order; what is not whole waits."""
    client = connect()
    whole = GET + HOST + b"\r\n"
    length = POST + HOST + b"Content-Length: 5\r\n\r\nhello"
    chunks = POST + HOST + CHUNKED + b'\r\n2;a=b\r\nhe\r\n3 ; c="d"\r\nllo\r\n0\r\nA: b\r\n\r\n'
    answered = client.ask(whole + length + chunks + whole + whole[:-2])
    assert [body for _, body in echo.asked] == [b"", b"hello", b"hello", b""]
    assert answered.count(b"HTTP/1.1 200 OK\r\n") == answered.count(b"Connection: keep-alive") == 4
    assert client.ask(b"\r\n").count(b"HTTP/1.1 200 OK\r\n") == 1


def test_the_application_learns_when_a_request_arrived(connect: Connect, echo: Echo) -> None:
    """It may have waited for a thread since."""
    client = connect()
    client.connection.since = 12.5
    client.ask(GET + HOST + b"\r\n")
    assert [environ[ARRIVED] for environ, _ in echo.asked] == [12.5]


def test_the_head_of_an_answer_is_one_piece(connect: Connect) -> None:
    """With what a client and a proxy expect, then what the application says."""
    client = connect()
    answered = client.ask(POST + HOST + b"Content-Length: 5\r\n\r\nhello")
    head, _, body = answered.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert [line.partition(":")[0] for line in lines] == [
        "HTTP/1.1 200 OK",
        "Server",
        "Date",
        "Connection",
        "Content-Length",
    ]
    assert (lines[4], body) == ("Content-Length: 5", b"hello")


def test_a_body_is_invited_when_it_is_read(connect: Connect) -> None:
    """And not before the application reads it (RFC 9110, section 10.1.1)."""
    seen = []

    def reads_late(environ: dict[str, Any], start_response: Any) -> list[bytes]:  # noqa: ANN401
        seen.append(client.read())
        environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", "0")])
        return []

    client = connect(reads_late)
    expecting = POST + HOST + b"Content-Length: 5\r\nExpect: 100-Continue\r\n\r\n"
    client.ask(expecting + b"hello")
    assert seen == [b""]
    assert client.is_kept
    client = connect()
    answered = client.ask(POST.replace(b"1.1", b"1.0") + expecting[len(POST) :])
    assert b"100 Continue" not in answered


def test_a_body_may_be_read_in_any_way(connect: Connect) -> None:
    """By lines too, as PEP 3333 wants; afterwards the connection is kept."""
    read: list[object] = []

    def reads(environ: dict[str, Any], start_response: Any) -> list[bytes]:  # noqa: ANN401
        body = environ["wsgi.input"]
        read.extend([body.readline(), body.read(2), body.readlines(), body.read(), [*body]])
        start_response("204 No Content", [])
        return []

    for sent in (
        POST + HOST + b"Content-Length: 12\r\n\r\none\ntwo\nsix\n",
        POST + HOST + CHUNKED + b"\r\n6\r\none\ntw\r\n6\r\no\nsix\n\r\n0\r\n\r\n",
    ):
        client = connect(reads)
        assert client.ask(sent).startswith(b"HTTP/1.1 204 No Content\r\n")
        assert client.is_kept
    assert read == [b"one\n", b"tw", [b"o\n", b"six\n"], b"", []] * 2


@pytest.mark.parametrize("fails", ["at once", "on the way", "in the head"])
def test_an_application_that_fails_sends_nothing_that_looks_whole(
    connect: Connect, fails: str
) -> None:
    """A 500 if nothing is sent, otherwise the connection ends without the end of the answer."""

    def broken(environ: dict[str, Any], start_response: Any) -> Any:  # noqa: ANN401
        if fails == "at once":
            raise KeyError(fails)
        start_response("200 OK", [("A", "b\r\nc: d")] if fails == "in the head" else [])
        yield b"half"
        raise KeyError(fails)

    client = connect(broken)
    answered = client.ask(GET + HOST + b"\r\n")
    assert not client.is_kept
    if fails == "on the way":
        assert answered.startswith(b"HTTP/1.1 200 OK")
        assert answered.endswith(b"\r\n\r\n4\r\nhalf\r\n")
    else:
        assert answered.startswith(b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n")
