"""gunicorn in the foreground, for `rentomatic serve`."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import Application
from gunicorn.util import import_app

from rentomatic.cli.streams import let_go
from rentomatic.resources import shipped


class Foreground(Application):  # type: ignore[misc]  # gunicorn has no annotations
    """gunicorn in this process: if its master is killed, no worker is left behind.

    Attributes:
        on_start: called when the log is open, before there are workers.
    """

    on_start: Callable[[], object] = staticmethod(lambda: None)

    def __init__(self, address: str, banner: str) -> None:
        self._address = address
        self._banner = banner
        self._outlives_terminal = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # nohup
        super().__init__(prog="rentomatic serve")

    def load_config(self) -> None:
        """Read only our configuration file, not GUNICORN_CMD_ARGS."""
        self.load_config_from_file(str(shipped("ops") / "gunicorn.conf.py"))
        self.cfg.set("bind", self._address)
        self.cfg.set("loglevel", "warning")
        self._when_ready = self.cfg.when_ready
        self.cfg.set("when_ready", self._announce)

    def load(self) -> Any:  # noqa: ANN401 - a WSGI application, which gunicorn does not annotate
        """Import the application."""
        return import_app("wsgi_app:application")

    def _announce(self, arbiter: object) -> None:
        self._when_ready(arbiter)
        self.on_start()
        # Closing a terminal must end the service; gunicorn would reload.
        if not self._outlives_terminal:
            signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        try:
            sys.stdout.write(f"{self._banner}\n")
            sys.stdout.flush()
        except OSError:
            # The service does not depend on a reader.
            let_go(sys.stdout)
