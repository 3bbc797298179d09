"""Heads of requests become environments (PEP 3333), never more permissively than in gunicorn."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader
from gunicorn.http.wsgi import create

from rentomatic.server.head import Heads
from tests.malformed import GET, HOST, MALFORMED, UNDERSCORED
from tests.server.conftest import PEER, SERVER, settings

FUZZED = 3_000
NUMBERS = random.Random(13)
PLAIN = (
    b"GET /rooms/a%20b?limit=1&sort=-price HTTP/1.1\r\nHost: x.example:80\r\nAccept: */*\r\n"
    b"X-Request-Id:  abc \r\nConnection: keep-alive\r\nX-A: \xe9\r\n\r\n"
)
OURS = {"wsgi.input", "wsgi.errors", "wsgi.multithread"}
PIECES = [
    *(b"\r", b"\n", b"\r\n", b"\n\n", b" ", b"\t", b":", b"_", b"\x00", b"\x7f", b"\x0b", b"\xa0"),
    *(b"#", b"?", b"%", b"//", b"*", b"HTTP/1.0", b"GET ", b"Host: y\r\n", b"Host", b"CONNECT"),
    *(b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"X-Forwarded-Proto: https\r\n"),
    *(b"Expect: 100-continue\r\n", b"X_A: b\r\n", b"Content-Type: a\r\n", b"Connection: close\r\n"),
]


def environ_of_gunicorn(sent: bytes, peer: Any, cfg: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """Return the environment that gunicorn makes; None if it refuses the request."""
    try:
        request = Request(cfg, IterUnreader([sent]), peer)
    except (ParseException, NoMoreData, StopIteration):
        return None

    class Nobody:
        def send(self, _: bytes) -> None:
            """Take 100 Continue."""

    environ: dict[str, Any] = create(request, Nobody(), peer, SERVER, cfg)[1]
    return environ


def mutants(of: bytes, number: int) -> Iterator[bytes]:
    """Damage a request, each time in another way."""
    for _ in range(number):
        sent = bytearray(of)
        for _ in range(NUMBERS.randint(1, 3)):
            place = NUMBERS.randrange(len(sent))
            piece = NUMBERS.choice(PIECES) if NUMBERS.random() < 0.7 else NUMBERS.randbytes(1)
            sent[place : place + NUMBERS.randint(0, 2)] = piece
        yield bytes(sent)


def read(sent: bytes, peer: Any, cfg: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """Return the environment of a request; None if it is refused."""
    try:
        return Heads(cfg).read(sent, peer, SERVER).environ
    except ParseException:
        return None


@pytest.mark.parametrize("peer", [PEER, ("127.0.0.1", 1), ""], ids=["stranger", "proxy", "socket"])
def test_what_is_accepted_is_what_gunicorn_accepts(cfg: Any, peer: Any) -> None:  # noqa: ANN401
    """With the same environment, whatever a request looks like.

    On a unix socket the server has no name, and what we make of Host differs.
    """
    accepted = 0
    for sent in (PLAIN, *MALFORMED.values(), *mutants(PLAIN, FUZZED)):
        if (environ := read(sent, peer, cfg)) is None:
            continue
        accepted += 1
        expected = environ_of_gunicorn(sent, peer, cfg)
        assert expected is not None, sent
        for key, value in environ.items():
            if key not in OURS and (peer or not key.startswith("SERVER_")):
                assert expected.get(key, "") == value, (sent, key)
        fields = {key for key in expected if key.startswith(("HTTP_", "CONTENT_"))}
        assert fields <= environ.keys(), sent
    assert accepted > FUZZED / 20


def test_a_plain_request_is_recognised(cfg: Any) -> None:  # noqa: ANN401
    """With all that PEP 3333 wants; what follows is left."""
    head = Heads(cfg).read(PLAIN + b"GET", PEER, SERVER)
    assert (head.rest, head.length, head.is_kept, head.is_awaited) == (b"GET", 0, True, False)
    environ = head.environ
    assert environ.pop("wsgi.input").read() == b""
    assert environ.pop("wsgi.errors").write
    assert str(environ.pop("SERVER_SOFTWARE")).startswith("gunicorn/")
    assert environ == {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/rooms/a b",
        "QUERY_STRING": "limit=1&sort=-price",
        "RAW_URI": "/rooms/a%20b?limit=1&sort=-price",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "REMOTE_PORT": "50000",
        "HTTP_HOST": "x.example:80",
        "HTTP_ACCEPT": "*/*",
        "HTTP_X_REQUEST_ID": "abc",
        "HTTP_CONNECTION": "keep-alive",
        "HTTP_X_A": "\xe9",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }


@pytest.mark.parametrize(
    ("peer", "fields", "scheme"),
    [
        ("", b"X-Forwarded-Proto: https\r\n", "https"),
        ("", b"X-Forwarded-Proto: http\r\n", "http"),
        ("", b"", "http"),
        (("127.0.0.1", 1), b"X-Forwarded-Proto: https\r\n", "https"),
        (PEER, b"X-Forwarded-Proto: https\r\n", "http"),
        ("", b"X-Forwarded-Proto: https\r\nX-Forwarded-SSL: off\r\n", None),
        ("", b"X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", None),
    ],
)
def test_only_a_proxy_names_the_scheme(
    cfg: Any,  # noqa: ANN401
    peer: Any,  # noqa: ANN401
    fields: bytes,
    scheme: str | None,
) -> None:
    """On the socket, or from an address that gunicorn trusts; contradictions are refused."""
    environ = read(GET + HOST + fields + b"\r\n", peer, cfg)
    assert (environ and environ["wsgi.url_scheme"]) == scheme


@pytest.mark.parametrize("field", UNDERSCORED.values(), ids=UNDERSCORED)
def test_a_name_with_an_underscore_is_not_taken_for_another(field: bytes) -> None:
    """Whatever gunicorn's settings allow."""
    for allowed in ({}, {"header_map": "dangerous"}, {"forwarder_headers": "SCRIPT_NAME"}):
        cfg = settings(**allowed)
        plain = read(GET + HOST + b"\r\n", "", cfg)
        assert plain
        also = read(GET + HOST + field + b"\r\n\r\n", "", cfg)
        assert also
        for environ in (plain, also):
            del environ["wsgi.input"], environ["wsgi.errors"]
        assert also == plain


@pytest.mark.parametrize(
    ("protocol", "connection", "is_kept"),
    [
        ("HTTP/1.1", b"", True),
        ("HTTP/1.1", b"Connection: close\r\n", False),
        ("HTTP/1.1", b"Connection: TE, Close\r\n", False),
        ("HTTP/1.1", b"Connection: TE\r\nConnection: close\r\n", False),
        ("HTTP/1.1", b"Connection: TE\r\n", True),
        ("HTTP/1.0", b"", False),
        ("HTTP/1.0", b"Connection: Keep-Alive\r\n", True),
        ("HTTP/1.0", b"Connection: keep-alive, close\r\n", False),
    ],
)
def test_the_client_says_whether_it_keeps_the_connection(
    cfg: Any,  # noqa: ANN401
    protocol: str,
    connection: bytes,
    is_kept: bool,  # noqa: FBT001
) -> None:
    """RFC 9112, section 9.3."""
    sent = GET.replace(b"HTTP/1.1", protocol.encode()) + HOST + connection + b"\r\n"
    assert Heads(cfg).read(sent, PEER, SERVER).is_kept is is_kept
