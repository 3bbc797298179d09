"""Kills of `rentomatic notify` between sending a message and remembering it.

The receiver kills the process that sends when a message arrives: before it answers, or just after.
Other processes wait to take over, so that each kill is also a takeover.
"""

import os
import random
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import UUID

import psycopg

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.postgressearches import PostgresSearches
from rentomatic.requests.saved_search import SavedSearchRequest
from rentomatic.sealing import Sealer, new_key
from rentomatic.use_cases.saved_search import new_secret
from testbed.receivers import Answer, Received, Receiver, make_certificate
from testbed.waiting import until

# All of them find every room that is written.
QUERIES = ("", "filter_price__gte=0", "bbox=13,52,14,53")
_MOMENT_SECONDS = 0.02
_HOLDER = """
select s.application_name
from pg_locks as l
inner join pg_stat_activity as s on s.pid = l.pid
where l.locktype = 'advisory' and l.granted and s.datname = current_database()
and s.application_name like 'notify-%'
"""


@dataclass
class Seen:
    """What the receiver got.

    Attributes:
        written: the prices that were written, in order; each names a change.
        arrived: for each search the prices in the messages, in the order of their first arrival.
        messages: how many different messages arrived.
        repeats: how often a message arrived again.
        altered: how many of these had another body.
    """

    written: list[int] = field(default_factory=list)
    arrived: dict[str, list[int]] = field(default_factory=dict)
    messages: int = 0
    repeats: int = 0
    altered: int = 0

    @property
    def lost(self) -> int:
        """How many changes did not arrive."""
        return sum(len({*self.written} - {*each}) for each in self.arrived.values())

    @property
    def disordered(self) -> int:
        """How many searches got their changes in another order."""
        return sum(each != sorted(each) for each in self.arrived.values())

    @property
    def is_good(self) -> bool:
        """Whether everything arrived as it should."""
        return len(self.arrived) == len(QUERIES) and not (
            self.lost or self.disordered or self.altered
        )


class Notifiers:
    """Processes of `rentomatic notify`, of which one has its turn."""

    def __init__(self, database: PostgresDatabase, variables: dict[str, str], log: Path) -> None:
        self._database = database
        self._variables = variables
        self._log = log.open("ab")
        self._numbers = count()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start another process."""
        name = f"notify-{next(self._numbers)}"
        url = f"{self._database.url}&application_name={name}"
        self._running[name] = subprocess.Popen(
            [sys.executable, "-m", "rentomatic", "notify"],
            env=os.environ | self._variables | {"DATABASE_URL": url},
            stdout=self._log,
            stderr=self._log,
        )

    def holder(self) -> str | None:
        """Return the name of the process whose turn it is."""
        with psycopg.connect(self._database.url) as connection:
            found = connection.execute(_HOLDER).fetchall()
        return found[0][0] if found else None

    def kill(self) -> None:
        """Kill the process whose turn it is."""
        if process := self._running.pop(self.holder() or "", None):
            process.kill()
            process.wait()

    def close(self) -> None:
        """End all processes."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait()
        self._log.close()


def kill_while_sending(
    database: PostgresDatabase, folder: Path, rounds: int, processes: int = 2
) -> Seen:
    """Kill the sending process in each round, while rooms are written; return what arrived.

    Args:
        database: an empty, migrated database.
        folder: for a certificate and a log.
        rounds: the number of kills.
        processes: how many run at a time.
    """
    certificate, key = make_certificate(folder), new_key()
    seen = Seen()
    with (
        closing(Connections(database.url)) as connections,
        Receiver(certificate) as receiver,
        _notifiers(database, certificate, key, folder / "notify.log") as notifiers,
    ):
        for _ in range(processes):
            notifiers.start()
        until(notifiers.holder)
        _wait_for_progress(database)
        _save(PostgresSearches(connections), receiver, Sealer([key]))
        repository = PostgresRepo(connections)
        killer = _Killer(notifiers)
        receiver.answer = killer.answer
        for number in range(rounds):
            killer.arm(before_answer=number % 2 == 0)
            _write(repository, number, seen.written)
            until(lambda: killer.is_done)
            notifiers.start()
        _wait_for_empty_queue(database)
        _read(receiver, seen)
    return seen


class _Killer:
    """Kills the sending process once, when the next message arrives."""

    def __init__(self, notifiers: Notifiers) -> None:
        self._notifiers = notifiers
        self._is_armed = False
        self._before_answer = False
        self.is_done = False

    def arm(self, *, before_answer: bool) -> None:
        """Kill at the next message, before or after it is answered."""
        self.is_done = False
        self._before_answer = before_answer
        self._is_armed = True

    def answer(self, _received: Received) -> Answer:
        """Accept the message, or kill the process that waits for the answer."""
        if not self._is_armed:
            return 204, {}
        self._is_armed = False
        if self._before_answer:
            self._kill()
            return None
        # The answer may have been read, and remembered or not.
        moment = random.uniform(0, _MOMENT_SECONDS)  # noqa: S311 - no secret
        threading.Timer(moment, self._kill).start()
        return 204, {}

    def _kill(self) -> None:
        self._notifiers.kill()
        self.is_done = True


@contextmanager
def _notifiers(
    database: PostgresDatabase, certificate: Path, key: str, log: Path
) -> Iterator[Notifiers]:
    variables = {
        "RENTOMATIC_SECRET_KEY": key,
        "RENTOMATIC_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "SSL_CERT_FILE": str(certificate),
    }
    with closing(Notifiers(database, variables, log)) as notifiers:
        yield notifiers


def _save(searches: PostgresSearches, receiver: Receiver, sealer: Sealer) -> None:
    for number, query in enumerate(QUERIES):
        webhook = receiver.url(path=f"/{number}")
        request = SavedSearchRequest(f"search {number}", query, webhook)
        searches.add(request, "chaos", sealer.seal(new_secret()))


def _write(repository: PostgresRepo, number: int, written: list[int]) -> None:
    """Add a room, and change it twice; each price is greater than all before."""
    code = UUID(int=number + 1)
    for step in range(3):
        price = number * 3 + step
        room = Room(code, 20, price, 13.4, 52.5)
        repository.put(room)
        written.append(price)


def _wait_for_progress(database: PostgresDatabase) -> None:
    """Wait until changes are followed, so that no search has to start again."""
    question = "select count(*) from notification_progress"
    until(lambda: _number(database, question))


def _wait_for_empty_queue(database: PostgresDatabase) -> None:
    """Wait until all changes were looked at and all messages delivered."""
    behind = """
        select count(*) from room_change where id > (select id from notification_progress)
    """
    until(lambda: not _number(database, behind))
    until(lambda: not _number(database, "select count(*) from notification"))


def _number(database: PostgresDatabase, question: str) -> int:
    with psycopg.connect(database.url) as connection:
        ((number,),) = connection.execute(question.encode()).fetchall()
    return int(number)


def _read(receiver: Receiver, seen: Seen) -> None:
    bodies: dict[str, bytes] = {}
    arrived: dict[str, list[int]] = defaultdict(list)
    for each in receiver.received:
        if each.id in bodies:
            seen.repeats += 1
            seen.altered += bodies[each.id] != each.body
            continue
        bodies[each.id] = each.body
        prices = [change["room"]["price"] for change in each.message["data"].get("changes", ())]
        arrived[each.path] += prices
    seen.messages = len(bodies)
    seen.arrived = dict(arrived)
