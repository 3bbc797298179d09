"""How gunicorn runs Rent-o-Matic: read by ops/serve, the Procfile and `gunicorn -c`."""

import gc
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

from rentomatic.bootstrap import build_repository
from rentomatic.config import ConfigError, read_settings

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter

try:
    _settings = read_settings(os.environ)
    # What no worker could use is told here in one line, not by each of them in a traceback.
    build_repository(_settings)
except ConfigError as error:
    sys.exit(f"rentomatic: {error}")

wsgi_app = "wsgi_app:application"
# A platform that sets PORT expects to be reached from outside; else only this machine is served.
bind = f"{'0.0.0.0' if 'PORT' in os.environ else '127.0.0.1'}:{_settings.port}"  # noqa: S104
workers = _settings.workers
worker_class = "gthread"
threads = _settings.threads

# Two lists of a hundred UUIDs are longer than the default.
limit_request_line = 8190
# No header of a client's, not even of a proxy's, may rewrite the path.
forwarder_headers = ""
control_socket_disable = True

# A worker that is told to stop before it has handlers for that would lose the signal, and gunicorn
# would wait for it in vain: signals wait instead.
_STOP = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
os.register_at_fork(
    before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, _STOP),
    after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP),
)


# A reader that takes nothing for so long has gone, and must not hold a thread and a snapshot.
_STUCK_MILLISECONDS = 10_000


def when_ready(server: "Arbiter") -> None:
    """Let the connections that are accepted inherit how long a reader may take nothing."""
    for listener in server.LISTENERS:
        if listener.sock.family in {socket.AF_INET, socket.AF_INET6}:
            listener.sock.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STUCK_MILLISECONDS
            )


def post_worker_init(_worker: object) -> None:
    """Let the signals through that came while the worker started; look for garbage less often."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)
    # Rooms die with their references. What is there now stays, and need not be looked at again.
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)
