"""What a WSGI server loads: `gunicorn wsgi_app:application`."""

import os

from rentomatic.bootstrap import build_application

application = build_application(os.environ)
app = application
