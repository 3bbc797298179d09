"""The folder of the counters that the workers share."""

import os
import shutil
import tempfile
from functools import cache


@cache
def metrics_folder() -> str:
    """Return the folder, created by the first call and kept over a reload.

    It is in systemd's runtime directory, otherwise among temporary files.
    """
    return tempfile.mkdtemp(prefix="rentomatic-metrics-", dir=os.environ.get("RUNTIME_DIRECTORY"))


def remove_metrics_folder() -> None:
    """Remove the folder, if it was created."""
    if metrics_folder.cache_info().currsize:
        shutil.rmtree(metrics_folder(), ignore_errors=True)
