"""Checks of OGC API Features that others wrote, the package ogctests, installed once.

It is installed without its dependencies: it pins an old release of one that other tests need newer.
"""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

RELEASE = "ogctests==0.1.15"
_HOME = Path(sys.prefix) / "ogctests"
_OUTCOME = re.compile(r"^(PASSED|FAILED|ERROR) \S*/(\w+)\.py::(\w+)", re.MULTILINE)


@cache
def why_missing() -> str:
    """Install the package; return why that is impossible, an empty string if it is there."""
    stamp = _HOME / RELEASE
    if stamp.exists():
        return ""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--upgrade", "--target", str(_HOME), RELEASE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"pip cannot install {RELEASE}: {(done.stderr.splitlines() or ['?'])[-1]}"
    stamp.touch()
    return ""


def outcomes_of(url: str, part: str) -> dict[str, str]:
    """Run the checks of a part, `core` or `filtering`; return the outcome of each."""
    checks = _HOME / "ogctests" / "features" / part
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir", str(_HOME), "-rA"]
    command += ["-p", "no:randomly", "-p", "no:schemathesis", "-p", "no:cacheprovider", str(checks)]
    environment = {"INSTANCE_URL": url, "PYTHONPATH": str(_HOME)}
    done = subprocess.run(
        command, env=environment, cwd=_HOME, capture_output=True, text=True, check=False
    )
    return {name: outcome for outcome, _, name in _OUTCOME.findall(done.stdout)}
