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
_NEW_EACH_TIME = """
local number = 0
request = function()
  number = number + 1
  wrk.headers["Accept"] = "MEDIA_TYPE, x/" .. number
  return wrk.format()
end
"""
NEW_EACH_TIME = _NEW_EACH_TIME.replace("MEDIA_TYPE", "application/json")
NEW_PAGE_EACH_TIME = _NEW_EACH_TIME.replace("MEDIA_TYPE", "text/html")


@dataclass(frozen=True, slots=True)
class Load:
    """wrk's result.

    Attributes:
        answers: all of them.
        refused: those with a status of 400 or more, such as 503 for one slow search too many.
        rate: answers per second, without the refused ones.
        median: of the latencies of all answers, in milliseconds.
        p99: the 99th percentile of the same.
    """

    answers: int
    refused: int
    rate: float
    median: float
    p99: float


def wrk(  # noqa: PLR0913 - wrk's own options
    url: str,
    seconds: int,
    headers: Mapping[str, str] | None = None,
    script: str = "",
    connections: int = CONNECTIONS,
    *,
    may_refuse: bool = False,
) -> Load:
    """Request a URL repeatedly on a few kept connections, or what a Lua script says.

    Exits if a request was refused; if some may be, only if all were.
    """
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed; on Debian: apt-get install wrk")
    given = [f"--header={name}: {value}" for name, value in (headers or {}).items()]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *given]
        command += ["-s", file.name, url]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answers = _number(r"(\d+) requests in", said)
    refused = _number(r"Non-2xx or 3xx responses: (\d+)", said)
    if refused == answers or (refused and not may_refuse):
        sys.exit(f"{url} fails:\n{said}")
    rate = _number(r"Requests/sec:\s+([\d.]+)", said) * (answers - refused) / answers
    return Load(
        int(answers), int(refused), rate, _milliseconds("50%", said), _milliseconds("99%", said)
    )


def _number(pattern: str, said: str) -> float:
    match = re.search(pattern, said)
    return float(match[1]) if match else 0.0


def _milliseconds(share: str, said: str) -> float:
    match = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", said)
    assert match
    return float(match[1]) * {"us": 0.001, "ms": 1, "s": 1000}[match[2]]
