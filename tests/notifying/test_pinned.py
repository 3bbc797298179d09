"""Requests to webhooks: only to addresses that may be reached, and never for long."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from testbed.receivers import Receiver

from rentomatic.notifying import pinned
from rentomatic.notifying.pinned import UnreachableError, post
from rentomatic.reachable import PUBLIC, Reachable
from tests.notifying.conftest import LOOPBACK

REFUSED = "its host is not public, and RENTOMATIC_WEBHOOK_NETWORKS lacks it"


def send(url: str, reachable: Reachable = LOOPBACK) -> int:
    """Send a body; return the status."""
    return post(url, {"x-a": "b"}, b"body", reachable, ssl.create_default_context()).status


def why_not(url: str, reachable: Reachable = LOOPBACK) -> str:
    """Return why nothing was sent."""
    with pytest.raises(UnreachableError) as caught:
        send(url, reachable)
    return str(caught.value)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Resolve each name to these addresses; return the list of names that are resolved."""
    resolved: list[str] = []
    real = socket.getaddrinfo

    def fake(host: str, port: int, *arguments: int, **options: int) -> list[object]:
        if host in addresses or host.replace(".", "").isdigit():
            return list(real(host, port, *arguments, **options))
        resolved.append(host)
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port))
            for each in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    return resolved


def test_a_message_arrives_as_it_was_sent(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once; the certificate is checked for the name, which is the Host."""
    resolved = resolve_to(monkeypatch, "127.0.0.1")
    url = receiver.url("receiver.example", "/a%20b?c=d")
    assert send(url) == 204
    assert resolved == ["receiver.example"]
    (received,) = receiver.received
    assert (received.path, received.body) == ("/a%20b?c=d", b"body")
    assert received.headers["host"] == url.split("/")[2]
    assert received.headers["x-a"] == "b"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1"),
        *("100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.8"),
        *("::1", "::", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "fe80::1"),
        *("64:ff9b:1::a00:1", "fd00::1", "fec0::1", "ff02::1", "2002:7f00:1::1", "2001::1"),
        *("::7f00:1", "2001:db8::1", "fe80::1%lo"),
    ],
)
def test_names_of_private_addresses_are_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """No connection is made: neither to this machine, nor to its network, nor to its cloud."""

    def connect(*_: object) -> None:
        pytest.fail("a connection was made")

    resolve_to(monkeypatch, address)
    monkeypatch.setattr(socket, "create_connection", connect)
    assert why_not("https://rebinding.example/", PUBLIC) == REFUSED


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "localhost", "127.0.0.1"])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    """As the resolver reads them."""
    assert why_not(f"https://{host}/", PUBLIC) == REFUSED


def test_only_addresses_that_may_be_reached_are_tried(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a name has several, private ones are left out, and the next one is tried."""
    tried: list[str] = []
    real = socket.create_connection

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        tried.append(address[0])
        if address[0] == "127.0.0.9":
            raise ConnectionRefusedError(111, "Connection refused")
        return real(address, timeout)

    resolve_to(monkeypatch, "10.0.0.1", "127.0.0.9", "127.0.0.1")
    monkeypatch.setattr(socket, "create_connection", connect)
    assert send(receiver.url("receiver.example")) == 204
    assert tried == ["127.0.0.9", "127.0.0.1"]


def test_a_complete_name_is_that_of_the_certificate(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its trailing dot is neither in the certificate nor in Host."""
    resolve_to(monkeypatch, "127.0.0.1")
    url = receiver.url("receiver.example")
    assert send(url.replace(".example", ".example.")) == 204
    assert url == f"https://{receiver.received[0].headers['host']}/hook"


def test_plain_http_is_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only where the setting allows it."""
    with Receiver(None) as receiver:
        assert send(receiver.url()) == 204
        assert why_not(receiver.url(), PUBLIC) == REFUSED
    resolve_to(monkeypatch, "8.8.8.8")
    assert why_not("http://receiver.example/") == "http is possible only to this machine"


def test_a_certificate_must_be_trusted_and_name_the_host(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown one, and one of another name, are refused."""
    with Receiver(certificate) as receiver:
        assert why_not(receiver.url()).startswith("its certificate is not valid: self")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert send(receiver.url()) == 204
        resolve_to(monkeypatch, "127.0.0.1")
        reason = why_not(receiver.url("other.example"))
        assert "certificate is not valid for 'other.example'" in reason


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    """Its status is what came of the request."""
    receiver.answer = lambda _: (302, {"Location": receiver.url(path="/elsewhere")})
    assert send(receiver.url()) == 302
    assert [each.path for each in receiver.received] == ["/hook"]


def test_proxies_of_the_environment_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to the address that was checked."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert send(receiver.url()) == 204


@contextmanager
def listening(act: Callable[[socket.socket], object]) -> Iterator[str]:
    """Listen for plain HTTP, and do something with each connection after its request."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                act(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def test_a_host_that_closes_is_reported() -> None:
    """Before it answers, or in the middle of it."""
    for sent in (b"", b"HTTP/1.1 20", b"nonsense\r\n\r\n"):
        with listening(lambda each, sent=sent: each.sendall(sent)) as url:
            assert why_not(url).startswith("the connection failed: ")


def test_nobody_listens() -> None:
    """The reason is the system's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert why_not(f"https://127.0.0.1:{port}/") == "the connection failed: Connection refused"


@pytest.mark.parametrize("piece", [b"", b"a"], ids=["silent", "dripping"])
def test_a_slow_host_takes_a_limited_time(monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    """One that says nothing, and one that says a little again and again."""
    monkeypatch.setattr(pinned, "WHOLE_SECONDS", 0.5)
    is_over = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not is_over.wait(0.05):
            connection.sendall(piece)

    with listening(drip) as url:
        assert why_not(url) == "it did not answer in time"
        is_over.set()


def test_a_long_answer_is_not_read() -> None:
    """Its status is enough; a head without an end is an error."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 9_000)

    with listening(answer) as url:
        assert send(url) == 200

    def never_end(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 2_000)

    with listening(never_end) as url:
        assert why_not(url).startswith("the connection failed: ")


def test_a_name_that_does_not_exist_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the resolver's reason."""

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    expected = "its name cannot be resolved: Name or service not known"
    assert why_not("https://nowhere.example/") == expected
