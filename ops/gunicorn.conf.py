"""How gunicorn runs Rent-o-Matic: read by ops/serve, the Procfile and `gunicorn -c`."""

import os
import sys

from rentomatic.config import ConfigError, read_settings

try:
    _settings = read_settings(os.environ)
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
