"""What a WSGI server loads: `gunicorn wsgi_app:application`."""

import os

from rentomatic.bootstrap import build_application
from rentomatic.environment import prepare_environment

prepare_environment(os.environ)
application = build_application(os.environ)
app = application
