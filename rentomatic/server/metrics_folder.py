"""The folder in which the workers count together."""

import os
import shutil
import tempfile
from functools import cache


@cache
def metrics_folder() -> str:
    """Make the folder, the first time; it is the same one after a reload.

    It lies where systemd wants what only a running service needs, else among temporary files.
    """
    return tempfile.mkdtemp(prefix="rentomatic-metrics-", dir=os.environ.get("RUNTIME_DIRECTORY"))


def remove_metrics_folder() -> None:
    """Remove it, if it was made."""
    if metrics_folder.cache_info().currsize:
        shutil.rmtree(metrics_folder(), ignore_errors=True)
