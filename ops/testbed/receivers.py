"""Receivers of webhooks: a real HTTPS server on 127.0.0.1 that keeps what it gets."""

import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from testbed.waiting import until

NAMES = ("localhost", "receiver.example")


@dataclass(frozen=True, slots=True)
class Received:
    """A message that arrived.

    Attributes:
        path: the path and query of the request.
        headers: by their names in lower case.
        at: when it arrived, by time.monotonic().
    """

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        """The id of the message."""
        return self.headers["webhook-id"]

    @property
    def message(self) -> Any:  # noqa: ANN401 - JSON
        """The message."""
        return json.loads(self.body)


# What to answer: a status and headers; None closes the connection instead.
Answer = tuple[int, dict[str, str]] | None


def accept(_received: Received) -> Answer:
    """Accept a message."""
    return 204, {}


def make_certificate(folder: Path) -> Path:
    """Make a key and a certificate that signs itself, in one file; it is valid for NAMES."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    names = [*map(x509.DNSName, NAMES), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "receiver.pem"
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


class Receiver:
    """Receives messages while its context is open.

    Args:
        certificate: the file of `make_certificate`; None for plain HTTP.
        answer: decides what to answer; it may wait.

    Attributes:
        received: what arrived, in order.
    """

    def __init__(
        self, certificate: Path | None, answer: Callable[[Received], Answer] = accept
    ) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        self._scheme = "http"
        if certificate:
            self._scheme = "https"
            self._server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._server.tls.load_cert_chain(certificate)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])

    def url(self, host: str = "127.0.0.1", path: str = "/hook") -> str:
        """Return the address of its webhook."""
        return f"{self._scheme}://{host}:{self._server.server_address[1]}{path}"

    def ids(self) -> list[str]:
        """Return the ids of the messages that arrived, each once, in the order of their first."""
        return list(dict.fromkeys(each.id for each in list(self.received)))

    def changes(self) -> list[tuple[str, str]]:
        """Return kinds and codes of all changes that arrived, those of each message once."""
        bodies = {each.id: each.message for each in list(self.received)}
        return [
            (change["kind"], change["code"])
            for body in bodies.values()
            for change in body["data"].get("changes", ())
        ]

    def wait_for(self, count: int) -> list[Received]:
        """Wait until so many messages have arrived, repeated ones too."""
        until(lambda: len(self.received) >= count)
        return list(self.received)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A test ends although a handler still waits.
    block_on_close = False
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Answer a connection; the handshake is in its own thread."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Ignore clients that leave."""


def _handler_for(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Keep the message, and answer."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.path, headers, body, time.monotonic())
            receiver.received.append(received)
            self.close_connection = True
            if answer := receiver.answer(received):
                status, more = answer
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Log nothing."""

    return Handler
