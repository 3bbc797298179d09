"""The line that is logged of a request."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rentomatic.server.lines import Lines
from rentomatic.server.logger import Logger
from rentomatic.tokens import new_token
from tests.server.conftest import settings

TOKEN = new_token()
ENVIRON = {
    "REQUEST_METHOD": "GET",
    "RAW_URI": f'/rooms?a="\xe9\x1b&utm_source={TOKEN}',
    "REMOTE_ADDR": "192.0.2.1",
    "rentomatic.route": "/rooms",
}


class Sent:
    """An answer that was sent."""

    status = "200 OK"
    sent = 12


class TextLogger(Logger):
    """For people."""

    style = "text"


class JsonLogger(Logger):
    """For machines."""

    style = "json"


@pytest.fixture(autouse=True)
def _root(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep what setting up a log changes for the whole process."""
    root = logging.getLogger()
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    level = root.level
    yield
    root.setLevel(level)
    logging.getLogger("gunicorn.error").handlers.clear()


def in_file(logger: type[Logger], folder: Path) -> list[str]:
    """Log a request to a file; return its lines."""
    file = folder / "access.log"
    log = logger(settings(accesslog=str(file)))
    log.access(Sent(), None, ENVIRON, timedelta(milliseconds=1.5))
    for handler in log.access_log.handlers:
        handler.close()
    log.access_log.handlers.clear()
    return file.read_text().splitlines()


def in_pipe(logger: type[Logger], _: Path) -> list[str]:
    """Log a request to a pipe; return its lines, once they are written."""
    reading, writing = os.pipe()
    log = logger(settings())
    lines = Lines(writing)
    log.access_log.handlers = [lines]
    log.access(Sent(), None, ENVIRON, timedelta(milliseconds=1.5))
    lines.flush()
    log.access_log.handlers = []
    read = os.read(reading, 65_536).decode()
    os.close(reading)
    assert read.endswith("\n")
    return read.splitlines()


@pytest.mark.parametrize("write", [in_file, in_pipe])
def test_it_is_the_same_wherever_it_goes(
    write: Callable[[type[Logger], Path], list[str]], tmp_path: Path
) -> None:
    """One whole line, without a token and without control characters."""
    (line,) = write(JsonLogger, tmp_path)
    served: dict[str, Any] = json.loads(line)
    assert served.pop("time").endswith("Z")
    assert served == {
        "level": "info",
        "request_id": None,
        "method": "GET",
        "route": "/rooms",
        "target": '/rooms?a="\xe9\x1b&utm_source=rom_…',
        "status": 200,
        "bytes": 12,
        "milliseconds": 1.5,
        "client": "192.0.2.1",
        "token": None,
    }
    assert "\x1b" not in line
    (tmp_path / "access.log").unlink(missing_ok=True)
    (line,) = write(TextLogger, tmp_path)
    assert line.endswith(r' GET /rooms?a="\xe9\x1b&utm_source=rom_… 200 12 B 1.5 ms')
