"""Settings that the worker does not support are refused at startup."""

import subprocess
import sys
from pathlib import Path

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from rentomatic.server.worker import Worker
from tests.server.conftest import settings


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
