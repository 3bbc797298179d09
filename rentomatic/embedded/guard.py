"""Keeps the embedded server of a service running: restarts it if it was killed."""

import logging
import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rentomatic.embedded.binaries import EmbeddedError
from rentomatic.embedded.cluster import Cluster, find_cluster, starting

_SECONDS = 0.5
_log = logging.getLogger(__name__)


@contextmanager
def guarded(data: Path) -> Iterator[None]:
    """Restart the server of a data folder whenever it stops, until the context is left.

    A separate process does so. It is not a child of the service, because gunicorn takes all its
    children for workers and waits for them.
    """
    service = os.getpid()
    ours, guards = socket.socketpair()
    between = os.fork()
    if not between:
        try:
            if not os.fork():
                ours.close()
                _ignore_signals()
                _guard(data, guards, service)
        finally:
            os._exit(0)
    guards.close()
    os.waitpid(between, 0)
    try:
        yield
    finally:
        # A forked worker leaves through here too.
        if os.getpid() == service:
            ours.shutdown(socket.SHUT_WR)
            ours.recv(1)  # returns once it has exited, and cannot restart the server any more
        ours.close()


def _ignore_signals() -> None:
    """Ignore what a terminal sends to all processes; child processes still receive it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _guard(data: Path, service: socket.socket, process: int) -> None:
    cluster = find_cluster(data)
    logged = ""
    while _is_alive(process) and not select.select([service], [], [], _SECONDS)[0]:
        if _listens(cluster):
            continue
        try:
            with starting(data):
                cluster.restart()
            logged = "the embedded PostgreSQL had stopped and was restarted"
            _log.warning(logged)
        except (EmbeddedError, OSError) as reason:
            message = f"the embedded PostgreSQL has stopped and cannot be restarted: {reason}"
            if logged != (logged := message):
                _log.error(logged)


def _is_alive(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


def _listens(cluster: Cluster) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_SECONDS)
        try:
            probe.connect(str(cluster.sockets / ".s.PGSQL.5432"))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # it is too busy to accept the connection
        return True
