"""Requests a URL from several threads until its standard input ends; arguments: URL THREADS.

Each request uses a new connection, as a proxy may be closing an old one, and a unique parameter, so
that no cache answers it. Each thread pauses between two requests, so that it does not take the
processor that the service needs. Prints JSON: how often each status and each other failure came,
the longest wait, and the longest time in which a thread got no 200, in seconds.
"""

import json
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 60
PAUSE_SECONDS = 0.01


@dataclass
class Seen:
    """What one thread saw.

    Attributes:
        statuses: how often each status came.
        failures: how often each exception came instead of an answer.
        longest: the longest wait in seconds.
        gap: the longest time between two answers with the status 200, in seconds.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    gap: float = 0.0

    def ask(self, url: str, name: str) -> None:
        """Send one request."""
        parts = urlsplit(url)
        connection = HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        start = time.monotonic()
        try:
            connection.request("GET", f"{parts.path}?{parts.query}&utm_load={name}")
            answer = connection.getresponse()
            answer.read()
            self.statuses[answer.status] += 1
        except (OSError, HTTPException) as error:
            self.failures[repr(error)] += 1
        finally:
            connection.close()
            self.longest = max(self.longest, time.monotonic() - start)


def main() -> None:
    """Send requests until the standard input ends; print the results."""
    url, threads_wanted = sys.argv[1:]
    enough = threading.Event()
    seen = [Seen() for _ in range(int(threads_wanted))]

    def go_on(number: int) -> None:
        mine, answered = seen[number], time.monotonic()
        while not enough.wait(PAUSE_SECONDS):
            good = mine.statuses[HTTPStatus.OK]
            mine.ask(url, f"{number}-{time.monotonic_ns()}")
            mine.gap = max(mine.gap, time.monotonic() - answered)
            if mine.statuses[HTTPStatus.OK] > good:
                answered = time.monotonic()

    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(len(seen))]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    enough.set()
    for thread in threads:
        thread.join()
    total = Seen()
    for each in seen:
        total.statuses += each.statuses
        total.failures += each.failures
        total.longest = max(total.longest, each.longest)
        total.gap = max(total.gap, each.gap)
    print(json.dumps(vars(total)))


if __name__ == "__main__":
    main()
