"""Settings that the worker does not support are refused at startup."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from testbed.waiting import until

from rentomatic.server.worker import Worker
from tests.server.conftest import settings

SPOILT = """
def application(environ, start_response):
    if environ["PATH_INFO"] == "/exit":
        raise SystemExit(1)
    start_response("200 OK", [("Content-Length", "0")])
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
    (tmp_path / "spoilt.py").write_text(SPOILT)
    place = str(tmp_path / "socket")
    command = ["-m", "gunicorn", "--worker-class", "rentomatic.server.worker.Worker"]
    command += ["--threads", "1", "--bind", f"unix:{place}", "--no-control-socket", "spoilt"]
    with running(command, tmp_path):
        until(lambda: Path(place).exists(), 30)
        for path, answered in ((b"/exit", b""), (b"/exit", b""), (b"/", b"HTTP/1.1 200 OK")):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(20)
                client.connect(place)
                client.sendall(b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path)
                assert client.recv(15) == answered


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[None]:
    """Run Python in a folder, and end it by SIGTERM."""
    process = subprocess.Popen([sys.executable, *command], cwd=folder, stderr=subprocess.PIPE)
    try:
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)
