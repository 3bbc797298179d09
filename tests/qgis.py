"""QGIS, if the distribution's is installed; only the distribution's Python finds it."""

import os
import subprocess
from functools import cache

PYTHON = "/usr/bin/python3"
# QGIS needs no screen.
ENVIRONMENT = {"PATH": os.defpath, "QT_QPA_PLATFORM": "offscreen", "HOME": "/nonexistent"}


@cache
def version() -> str:
    """Return its version; an empty string if it is not installed."""
    command = [PYTHON, "-c", "from qgis.core import Qgis; print(Qgis.QGIS_VERSION)"]
    try:
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
