"""Slow searches from several addresses at the same time: fast ones must stay fast.

The addresses are this machine's (127.0.0.3 and so on), which nginx limits like any other. Load and
service share its processors, so the results are a lower bound.
"""

import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from itertools import count
from multiprocessing import Event, Process, SimpleQueue
from multiprocessing.synchronize import Event as EventType
from pathlib import Path
from uuid import UUID

from report import Report
from rooms import fill, towns
from searches import QUICK
from servers import PAGE, gunicorn, read_search, temporary_cluster
from testbed.nginx import NGINX, Proxy, place, running

from rentomatic.requests.room_cursor import write_cursor

ATTACKERS = 4
CONNECTIONS = 16
# Attackers wait after a refusal, or they would take all processor time.
REFUSED_SECONDS = 0.1
# Not 127.0.0.1 and 127.0.0.2, where the site listens: clients would use up their ports.
ADDRESSES = [f"127.0.0.{number + 3}" for number in range(ATTACKERS)]
HONEST = f"127.0.0.{ATTACKERS + 3}"
# Two honest clients, which pause after each answer.
HONEST_CLIENTS = 2
PAUSE_SECONDS = 0.03
TIMEOUT_SECONDS = 60
WARM_UP_SECONDS = 5
MOST_MILLISECONDS = 100.0
_RARE = "filter_price__gt=4000&filter_size__lt=20"


def why_no_attack() -> str:
    """Return why the experiment cannot run here, or an empty string if it can."""
    return "" if NGINX else "nginx is not installed"


_EXPECTED = {HTTPStatus.OK, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


def attack(report: Report, rooms: int, seconds: float) -> None:
    """Send the slowest searches from four addresses while honest clients search."""
    with _service(rooms) as proxy:
        calm = _search(proxy, seconds / 4)
        report.add("honest searches, no attack", str(calm), is_good=calm.is_good)
        with _attackers(proxy) as answers:
            time.sleep(WARM_UP_SECONDS)
            stressed = _search(proxy, seconds)
    report.add(f"the slowest from {ATTACKERS} addresses", str(stressed), is_good=stressed.is_good)
    seen = ", ".join(f"{status}: {number:,}" for status, number in sorted(answers.items()))
    report.add("statuses that they got", seen, is_good=set(answers) <= _EXPECTED)


@contextmanager
def _service(rooms: int) -> Iterator[Proxy]:
    """Run nginx, gunicorn and PostgreSQL as in an installation."""
    with ExitStack() as stack:
        cluster = stack.enter_context(temporary_cluster())
        fill(cluster.database, rooms)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        socket = folder / "service.sock"
        stack.enter_context(gunicorn(cluster.database, socket))
        yield stack.enter_context(running(place(folder, socket)))


@dataclass
class Seen:
    """What honest clients saw.

    Attributes:
        milliseconds: the duration of each request.
        failures: the number of answers with each status other than 200.
    """

    milliseconds: list[float] = field(default_factory=list)
    failures: Counter[int] = field(default_factory=Counter)

    @property
    def p95(self) -> float:
        """The 95th percentile, in milliseconds."""
        return statistics.quantiles(self.milliseconds, n=20)[-1]

    @property
    def is_good(self) -> bool:
        """Whether all searches were answered and nearly all were fast."""
        return not self.failures and self.p95 <= MOST_MILLISECONDS

    def __str__(self) -> str:
        seen = (
            f"{len(self.milliseconds):,} searches, p50 {statistics.median(self.milliseconds):.1f}"
        )
        return f"{seen}, p95 {self.p95:.1f} ms, failed {dict(self.failures) or 0}"


def _search(proxy: Proxy, seconds: float) -> Seen:
    """Search as honest clients do, bypassing all caches."""
    seen = Seen()
    ends = time.monotonic() + seconds

    def search() -> None:
        path = f"/rooms?{random.choice(list(QUICK.values()))}&limit={PAGE}"
        start = time.monotonic()
        status = _ask(proxy, HONEST, path)
        seen.milliseconds.append((time.monotonic() - start) * 1000)
        if status != HTTPStatus.OK:
            seen.failures[status] += 1
        time.sleep(PAUSE_SECONDS)

    _run_clients(HONEST_CLIENTS, search, lambda: time.monotonic() >= ends)
    return seen


def _run_clients(number: int, ask: Callable[[], None], is_over: Callable[[], bool]) -> None:
    """Let clients ask again and again until it is over, each in its own thread."""

    def go_on() -> None:
        while not is_over():
            ask()

    clients = [threading.Thread(target=go_on) for _ in range(number)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


@contextmanager
def _attackers(proxy: Proxy) -> Iterator[Counter[int]]:
    """Send slow searches from each address; yield the counts of statuses, filled in at the end.

    Each address has its own process, so that it does not slow down the honest clients.
    """
    answers: Counter[int] = Counter()
    results: SimpleQueue[Counter[int]] = SimpleQueue()
    is_over = Event()
    processes = [
        Process(target=_attack_from, args=(proxy, address, is_over, results))
        for address in ADDRESSES
    ]
    for process in processes:
        process.start()
    try:
        yield answers
    finally:
        is_over.set()
        for process in processes:
            answers.update(results.get())
            process.join()


def _attack_from(
    proxy: Proxy, address: str, is_over: EventType, results: "SimpleQueue[Counter[int]]"
) -> None:
    random.seed(address)
    answers: Counter[int] = Counter()

    def send() -> None:
        status = _ask(proxy, address, _worst())
        answers[status] += 1
        if status != HTTPStatus.OK:
            is_over.wait(REFUSED_SECONDS)

    _run_clients(CONNECTIONS, send, is_over.is_set)
    results.put(answers)


def _worst() -> str:
    """Return a random one of the slowest requests."""
    longitude, latitude = random.choice(towns())
    near = f"near={longitude + random.random():.4f},{latitude:.4f}"
    everything = f"filter_price__gt={random.randint(0, 50)}"
    queries = (
        f"/rooms/summary?{everything}",
        f"/rooms?{everything}&count=exact&limit=1",
        f"/rooms?{_far_page(f'{near}&sort=distance')}&limit=1",
        f"/rooms?{_far_page(f'{near}&sort=distance&{everything}')}&limit=1000",
        f"/rooms?{near}&{_RARE}&sort=distance",
        f"/rooms?{near}&radius=20000&sort=price",
        "/rooms?filter_price__gt=2000&filter_price__lt=1000",
        "/rooms?limit=none",
    )
    return random.choice(queries)


def _far_page(query: str) -> str:
    """Forge a cursor, as anyone can, that begins at any distance up to the antipode."""
    request = read_search(query)
    position = (random.uniform(1e4, 2e7), UUID(int=0))
    return f"{query}&after={write_cursor(request, request.order, position)}"


_numbers = count()


def _ask(proxy: Proxy, address: str, path: str) -> int:
    """Request a path, bypassing all caches; return the status, or 0 for no answer."""
    connection = HTTPConnection(
        "127.0.0.1", proxy.port, timeout=TIMEOUT_SECONDS, source_address=(address, 0)
    )
    joint = "&" if "?" in path else "?"
    number = next(_numbers)
    # nginx keeps an answer to the parameters, the service one to the parameters it knows and this.
    headers = {"Accept": f"*/*, x/{address}.{number}"}
    try:
        connection.request("GET", f"{path}{joint}utm_load={number}", headers=headers)
        answer = connection.getresponse()
        while answer.read(1 << 16):
            pass
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()
    return answer.status
