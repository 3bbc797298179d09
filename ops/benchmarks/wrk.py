"""wrk as a process."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

CONNECTIONS = 16
# Lets wrk send a different header each time, so that no answer comes from the service's cache: its
# key includes this header.
NEW_EACH_TIME = """
local number = 0
request = function()
  number = number + 1
  wrk.headers["Accept"] = "application/json, x/" .. number
  return wrk.format()
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """wrk's result: answers, answers per second, and latencies in milliseconds."""

    answers: int
    rate: float
    median: float
    p99: float


def wrk(
    url: str,
    seconds: int,
    headers: Mapping[str, str] | None = None,
    script: str = "",
    connections: int = CONNECTIONS,
) -> Load:
    """Request a URL repeatedly on a few kept connections, or what a Lua script says."""
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed; on Debian: apt-get install wrk")
    given = [f"--header={name}: {value}" for name, value in (headers or {}).items()]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *given]
        command += ["-s", file.name, url]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said and "If-None-Match" not in (headers or {}):
        sys.exit(f"{url} fails:\n{said}")
    answers = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert answers
    assert rate
    return Load(int(answers[1]), float(rate[1]), _latency(said, "50%"), _latency(said, "99%"))


def _latency(said: str, share: str) -> float:
    match = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", said)
    assert match
    return float(match[1]) * {"us": 0.001, "ms": 1, "s": 1000}[match[2]]
