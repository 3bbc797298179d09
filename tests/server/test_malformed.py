"""Malformed and ambiguous requests: one refusal, and nothing after it is a request."""

import re

import pytest

from tests.malformed import BEHIND, CHUNKED, CHUNKS, GET, HOST, MALFORMED, POST
from tests.server.conftest import Connect, Echo

# gunicorn itself does not look at Host; the application does.
OF_THE_APPLICATION = {"no host", "host with a slash", "empty host"}
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")
REFUSALS = {b"400", b"414", b"417", b"431", b"501"}


@pytest.mark.parametrize("name", sorted(MALFORMED.keys() - OF_THE_APPLICATION))
def test_a_malformed_request_is_refused(connect: Connect, echo: Echo, name: str) -> None:
    """With one 4xx (501 for a coding), and no request is seen after it."""
    client = connect()
    answered = STATUS.findall(client.ask(MALFORMED[name] + BEHIND))
    assert len(answered) == 1
    assert set(answered) <= REFUSALS
    assert not client.is_kept
    assert echo.asked == []


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
def test_malformed_chunks_are_refused(connect: Connect, echo: Echo, chunks: bytes) -> None:
    """The application gets an error, and no request is seen after them."""
    client = connect()
    answered = client.ask(POST + HOST + CHUNKED + b"\r\n" + chunks + BEHIND)
    assert STATUS.findall(answered) == [b"400"]
    assert b"\r\nConnection: close\r\n" in answered
    assert not client.is_kept
    assert echo.asked == []


def test_an_unread_body_is_not_a_request(connect: Connect) -> None:
    """Though it looks like one."""
    seen = []

    def deaf(environ, start_response):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        seen.append(environ["RAW_URI"])
        start_response("200 OK", [("Content-Length", "0")])
        return []

    for fields, body in (
        (b"Content-Length: %d\r\n" % len(BEHIND), BEHIND),
        (CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (len(BEHIND), BEHIND)),
    ):
        client = connect(deaf)
        answered = client.ask(GET + HOST + fields + b"\r\n" + body + BEHIND)
        assert STATUS.findall(answered) == [b"200"]
        assert b"\r\nConnection: close\r\n" in answered
        assert not client.is_kept
    assert seen == ["/rooms?limit=1"] * 2
