"""Answers that are returned again while the data have not changed."""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from rentomatic.repository.interface import RoomRepository
from rentomatic.use_cases.data_version import data_version_use_case
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer

MOST_BYTES = 4 * 1024 * 1024
# Of an answer, beyond its body.
_OVERHEAD_BYTES = 1024


class _Question(NamedTuple):
    """All that an answer depends on, besides the data."""

    path: str
    parameters: tuple[str, ...]
    accept: str


class Memory:
    """The latest answers of this process; safe to share between threads.

    An answer is returned again only if the data version is still the one that it was made from,
    which is asked for each time: it is as current as a 304 would be. So it is never used while the
    database is down, or on a standby, which has no data versions.

    Args:
        most_bytes: how much is kept; the answers that were not used for longest are dropped.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[_Question, Answer] = OrderedDict()
        self._version: str | None = None
        self._lock = Lock()

    def find(self, request: Request, repository: RoomRepository) -> Answer | None:
        """Return the answer to a request if it is known and current."""
        if request.query.errors:
            return None
        answer = self._known(_question(request))
        if answer is None:
            return None
        response = data_version_use_case(repository)
        if not response:
            return None
        self._version = response.value
        return answer if answer.version == response.value else None

    def keep(self, request: Request, answer: Answer) -> None:
        """Keep an answer, if it has a version; it replaces the one before."""
        if answer.version is None or not isinstance(answer.body, bytes):
            return
        question = _question(request)
        with self._lock:
            self._version = answer.version
            self._drop(question)
            self._answers[question] = answer
            self._bytes += _size(question, answer)
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._answers)))

    def _known(self, question: _Question) -> Answer | None:
        """Return an answer that may be current: no newer version of the data has been seen.

        Without this, each search would ask for the version in vain while there are writes.
        """
        with self._lock:
            answer = self._answers.get(question)
            if answer is None or answer.version != self._version:
                return None
            self._answers.move_to_end(question)
            return answer

    def _drop(self, question: _Question) -> None:
        answer = self._answers.pop(question, None)
        if answer is not None:
            self._bytes -= _size(question, answer)


def _question(request: Request) -> _Question:
    # As they were sent: the links of an answer repeat them.
    return _Question(request.path, tuple(request.query.sent.values()), request.accept)


def _size(question: _Question, answer: Answer) -> int:
    sent = sum(map(len, question.parameters)) + len(question.accept)
    return len(answer.body) + sent + _OVERHEAD_BYTES  # type: ignore[arg-type]  # keep() checks it
