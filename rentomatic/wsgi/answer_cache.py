"""Answers that are returned again while the data have not changed."""

import time
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from rentomatic.repository.interface import RoomRepository
from rentomatic.responses import Response
from rentomatic.use_cases.data_version import data_version_use_case
from rentomatic.wsgi.pages.choice import language_of, wants_page
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer

MAX_BYTES = 4 * 1024 * 1024
# What an answer takes beyond its body and its key.
_OVERHEAD_BYTES = 1024


class _Key(NamedTuple):
    """All that an answer depends on, besides the data."""

    path: str
    parameters: tuple[str, ...]
    accept: str
    language: str


class _Reading(NamedTuple):
    """A data version, and when its reading began."""

    began: float
    response: Response[str | None]


class AnswerCache:
    """The latest answers of this process; safe to share between threads.

    An answer is returned again only if the data version, read after the request has arrived, is
    still the one that it was made from, so it is as current as a 304. The cache is not used while
    the database is down, nor on a standby, which has no data versions.

    Args:
        max_bytes: the most that is kept; the least recently used answers are dropped.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._answers: OrderedDict[_Key, Answer] = OrderedDict()
        self._version: str | None = None
        self._reading: _Reading | None = None
        self._lock = Lock()

    def find(self, request: Request, repository: RoomRepository) -> Answer | None:
        """Return the answer to a request, if it is in the cache and current."""
        if request.query.errors:
            return None
        answer = self._known(_key_of(request))
        if answer is None:
            return None
        response = self.version(request, repository)
        if not response:
            return None
        self._version = response.value
        return answer if answer.version == response.value else None

    def version(self, request: Request, repository: RoomRepository) -> Response[str | None]:
        """Return the data version, as it is after the request has arrived.

        Requests that have waited while it was read for another one share that reading, if it began
        after they had arrived: whatever was written before them is in it.
        """
        latest = self._reading
        if latest is not None and latest.began > request.arrived:
            return latest.response
        began = time.monotonic()
        response = data_version_use_case(repository)
        if response:
            self._reading = _Reading(began, response)
        return response

    def keep(self, request: Request, answer: Answer) -> None:
        """Keep an answer that has a version, in place of the previous one."""
        if answer.version is None or not isinstance(answer.body, bytes):
            return
        key = _key_of(request)
        with self._lock:
            self._version = answer.version
            self._drop(key)
            self._answers[key] = answer
            self._bytes += _size(key, answer)
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._answers)))

    def _known(self, key: _Key) -> Answer | None:
        """Return the answer if it may be current, as no newer version of the data has been seen.

        Otherwise, while rooms are being written, each search would read the version for nothing.
        """
        with self._lock:
            answer = self._answers.get(key)
            if answer is None or answer.version != self._version:
                return None
            self._answers.move_to_end(key)
            return answer

    def _drop(self, key: _Key) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None:
            self._bytes -= _size(key, answer)


def _key_of(request: Request) -> _Key:
    # The parameters as they were sent, because the links of an answer repeat them.
    sent = tuple(request.query.sent.values())
    language = language_of(request) if wants_page(request) else ""
    return _Key(request.path, sent, request.accept, language)


def _size(key: _Key, answer: Answer) -> int:
    texts = [answer.body, key.accept, *key.parameters]
    # Links repeat the parameters, with escapes.
    texts += [text for header in answer.headers for text in header]
    return sum(map(len, texts)) + _OVERHEAD_BYTES  # type: ignore[arg-type]  # keep() checks the body
