"""gunicorn's configuration for ops/serve, the Procfile and systemd; read again on HUP."""

import gc
import os
import resource
import sys
from typing import TYPE_CHECKING

from rentomatic.bootstrap import build_stores
from rentomatic.config import frozen_environment, read_settings
from rentomatic.environment import prepare_environment
from rentomatic.repository.outage import shared_mark
from rentomatic.server.loads import forget
from rentomatic.server.logger import Logger
from rentomatic.server.metrics_folder import metrics_folder, remove_metrics_folder
from rentomatic.server.signals import hold_signals, release_signals
from rentomatic.slots import machine_shares
from rentomatic.throttle import sign_in_attempts
from rentomatic.variables import MULTIPROCESS, ConfigError

if TYPE_CHECKING:
    from rentomatic.server.worker import Worker

try:
    prepare_environment(os.environ)
    _environment = frozen_environment(os.environ)
    _settings = read_settings(_environment)
    # Reports wrong settings here, in one line, instead of in a traceback of each worker.
    build_stores(_settings)
except ConfigError as error:
    sys.exit(f"rentomatic: {error}")

wsgi_app = "wsgi_app:application"
# All workers get the settings read here, even if the files are edited before a worker starts.
raw_env = [
    f"{name}={text}" for name, text in _environment.items() if os.environ.get(name, "") != text
]

if _settings.socket:
    bind = f"unix:{_settings.socket}"
    umask = 0o117
else:
    bind = f"{'0.0.0.0' if _settings.listens_to_all else '127.0.0.1'}:{_settings.port}"  # noqa: S104
workers = _settings.workers
threads = _settings.threads
worker_class = "rentomatic.server.worker.Worker"
# At most half of the open files that a process may have: the database and bodies need some too.
_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
worker_connections = 500 if _files == resource.RLIM_INFINITY else min(500, _files // 2)
# Longer than proxies keep idle connections, so that the proxy closes them.
keepalive = 75
# Platforms kill 10 s after SIGTERM.
graceful_timeout = 8


class _Logger(Logger):
    style = _settings.log
    has_metrics = _settings.has_metrics


logger_class = _Logger
accesslog = "-"

# Two lists of a hundred UUIDs are longer than the default.
limit_request_line = 8190
# gunicorn's other parser, gunicorn_h1c, accepts more, such as two spaces in a request line.
http_parser = "python"
# What nginx passes on: 8190 bytes and the end of the line.
limit_request_field_size = 8192
# No header, whether from a client or a proxy, may rewrite the path.
forwarder_headers = ""
control_socket_disable = True

# The workers log each outage once between them.
shared_mark()
# Together they do no more slow work than leaves processors free.
machine_shares()
# They count wrong tokens together.
sign_in_attempts()
if _settings.has_metrics:
    # The workers share one set of metrics.
    os.environ[MULTIPROCESS] = metrics_folder()

hold_signals()


def post_worker_init(worker: "Worker") -> None:
    """Deliver the signals that arrived during startup, and collect garbage less often."""
    release_signals()
    if _settings.has_metrics:
        worker.log.count_drops()
    # Reference counting frees rooms. What exists now stays and need not be scanned again.
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


def child_exit(_server: object, worker: "Worker") -> None:
    """Forget the connections of a dead worker."""
    forget(worker.age)
    if _settings.has_metrics:
        from prometheus_client import multiprocess  # noqa: PLC0415

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: object) -> None:
    """Remove the metrics folder."""
    remove_metrics_folder()
