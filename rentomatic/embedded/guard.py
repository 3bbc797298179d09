"""Keeps the server of a service running: one that was killed is started again."""

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
    """Start the server of a data folder again whenever it ends, until the context is left.

    A process of its own does so, and one that is not the service's child: gunicorn takes its
    children for workers, and waits for each of them, also for those that others wait for.
    """
    service = os.getpid()
    ours, guards = socket.socketpair()
    between = os.fork()
    if not between:
        try:
            if not os.fork():
                ours.close()
                _leave_signals_to_the_service()
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
            ours.recv(1)  # nothing: it has ended, so that it starts no server any more
        ours.close()


def _leave_signals_to_the_service() -> None:
    """Pass over what a terminal sends to all of its processes; what is run from here does not."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _guard(data: Path, service: socket.socket, process: int) -> None:
    cluster = find_cluster(data)
    told = ""
    while _is_alive(process) and not select.select([service], [], [], _SECONDS)[0]:
        if _listens(cluster):
            continue
        try:
            with starting(data):
                cluster.start_again()
            told = "the embedded PostgreSQL had ended, and is started again"
            _log.warning(told)
        except (EmbeddedError, OSError) as reason:
            if told != (told := f"the embedded PostgreSQL has ended, and does not start: {reason}"):
                _log.error(told)


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
            return True  # it is too busy to take the connection
        return True
