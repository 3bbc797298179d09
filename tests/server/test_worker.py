"""Settings that the worker does not support are refused at startup."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from testbed.processes import free_port
from testbed.waiting import until

from rentomatic.server.waiting import MAX_LINGER_SECONDS
from rentomatic.server.worker import HEAD_SECONDS, Worker
from tests.malformed import GET, HOST
from tests.server.conftest import settings

KEPT = 32
SPOILT = """
import os
def application(environ, start_response):
    if environ["PATH_INFO"] == "/exit":
        raise SystemExit(1)
    start_response("200 OK", [("Content-Length", "0"), ("Worker", str(os.getpid()))])
    return []
"""


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [("certfile", __file__, "TLS"), ("proxy_protocol", "v1", "must be off")],
)
def test_unsupported_settings_are_refused(setting: str, value: str, reason: str) -> None:
    """With the error that gunicorn reports in one line."""
    cfg = settings(**{setting: value})
    with pytest.raises(RuntimeError, match=reason):
        Worker.check_config(cfg, Logger(cfg))
    Worker.check_config(Config(), Logger(cfg))


def test_the_reason_is_one_line(tmp_path: Path) -> None:
    """And gunicorn does not start."""
    (tmp_path / "app.py").write_text("application = None\n")
    command = ["-m", "gunicorn", "--worker-class", "rentomatic.server.worker.Worker"]
    done = subprocess.run(
        [sys.executable, *command, "--certfile", __file__, "--bind", "127.0.0.1:0", "app"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "certfile and keyfile: not supported; let nginx handle TLS" in done.stderr


def test_nothing_that_an_application_raises_ends_a_thread(tmp_path: Path) -> None:
    """Not even SystemExit: its connection ends without an answer, the next request gets one."""
    with running(tmp_path, "--threads", "1") as connect:
        for path, answered in ((b"/exit", b""), (b"/exit", b""), (b"/", b"HTTP/1.1 200 OK")):
            with connect(
                b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path
            ) as client:
                assert client.recv(15) == answered


def test_refused_clients_that_go_on_sending_make_room(tmp_path: Path) -> None:
    """A full worker drops them long before they would have had all their time."""
    with running(tmp_path, "--worker-connections", "3") as connect, ExitStack() as stack:
        refused = [stack.enter_context(connect(b"\0\r\n\r\n")) for _ in range(3)]
        assert {client.recv(12) for client in refused} == {b"HTTP/1.1 400"}
        client = stack.enter_context(connect(GET + HOST + b"\r\n"))
        client.settimeout(0.2)
        answered = b""
        ends_at = time.monotonic() + MAX_LINGER_SECONDS / 2
        while not answered and time.monotonic() < ends_at:
            for each in refused:
                with suppress(OSError):
                    each.sendall(b"x")
            with suppress(TimeoutError):
                answered = client.recv(15)
        assert answered == b"HTTP/1.1 200 OK"


def test_a_new_client_does_not_wait_for_idle_ones(tmp_path: Path) -> None:
    """A full worker closes the connection that has been idle longest, and answers."""
    options = ("--worker-connections", "6", "--threads", "1", "--keep-alive", "75")
    with running(tmp_path, *options) as connect, ExitStack() as stack:
        idle = []
        for _ in range(5):
            idle.append(stack.enter_context(connect(GET + HOST + b"\r\n")))
            assert idle[-1].recv(15) == b"HTTP/1.1 200 OK"
        stack.enter_context(connect(GET))
        client = stack.enter_context(connect(GET + HOST + b"Connection: close\r\n\r\n"))
        client.settimeout(HEAD_SECONDS / 2)
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert not ask_again(idle[0])
        assert ask_again(idle[-1])


def test_workers_share_kept_connections(tmp_path: Path) -> None:
    """A client that keeps many does not get nearly all of them from the worker that is awake."""
    with running(tmp_path, "--workers", "2", port=free_port()) as connect:

        def smallest_share() -> int:
            with ExitStack() as stack:
                kept = [stack.enter_context(connect(GET + HOST + b"\r\n")) for _ in range(KEPT)]
                shares = Counter(map(worker_of, kept))
                return min(shares.values()) if len(shares) == 2 else 0

        # The other worker may not have started yet, or may wait for a processor.
        until(lambda: smallest_share() >= KEPT * 0.3)


def test_a_stopped_worker_holds_up_no_client(tmp_path: Path) -> None:
    """Connections are left to it because it has fewer, but not for long."""
    with running(tmp_path, "--workers", "2", port=free_port()) as connect, ExitStack() as stack:

        def ask() -> int:
            return int(worker_of(stack.enter_context(connect(GET + HOST + b"\r\n"))))

        first = ask()
        until(lambda: ask() != first)
        stopped = ask()
        os.kill(stopped, signal.SIGSTOP)
        try:
            assert stopped not in {ask() for _ in range(KEPT)}
        finally:
            os.kill(stopped, signal.SIGCONT)


def worker_of(client: socket.socket) -> str:
    """Return which worker answers."""
    head = client.recv(65_536).decode()
    return head.partition("\r\nWorker: ")[2].partition("\r\n")[0]


def ask_again(client: socket.socket) -> bool:
    """Ask on a kept connection; return whether it is still open."""
    with suppress(OSError):
        while client.recv(65_536, socket.MSG_DONTWAIT):
            pass
    with suppress(OSError):
        client.sendall(GET + HOST + b"\r\n")
        return client.recv(15) == b"HTTP/1.1 200 OK"
    return False


Place = str | tuple[str, int]


def family_of(place: Place) -> socket.AddressFamily:
    """Return the family of a path or of an address with its port."""
    return socket.AF_UNIX if isinstance(place, str) else socket.AF_INET


def is_listened_on(place: Place) -> bool:
    """Return whether a socket accepts connections."""
    with socket.socket(family_of(place)) as client:
        return client.connect_ex(place) == 0


@contextmanager
def running(
    folder: Path, *options: str, port: int | None = None
) -> Iterator[Callable[[bytes], socket.socket]]:
    """Serve SPOILT on a unix socket or a port; yield what connects and sends bytes."""
    (folder / "spoilt.py").write_text(SPOILT)
    place: Place = ("127.0.0.1", port) if port else str(folder / "socket")
    bind = f"127.0.0.1:{port}" if port else f"unix:{place}"
    command = ["-m", "gunicorn", "--worker-class", "rentomatic.server.worker.Worker", *options]
    command += ["--bind", bind, "--no-control-socket", "spoilt"]
    process = subprocess.Popen([sys.executable, *command], cwd=folder, stderr=subprocess.PIPE)

    def connect(sent: bytes) -> socket.socket:
        client = socket.socket(family_of(place))
        try:
            client.settimeout(30)
            client.connect(place)
            client.sendall(sent)
        except OSError:
            client.close()
            raise
        return client

    try:
        # The socket is there a moment before anyone listens on it.
        until(lambda: is_listened_on(place), 60)
        yield connect
    finally:
        process.terminate()
        process.communicate(timeout=30)
