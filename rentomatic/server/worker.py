"""A gunicorn worker that slow and silent clients cannot stop."""

import os
import select
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

from gunicorn import util
from gunicorn.workers import base

from rentomatic.server.connection import MAX_HEAD_BYTES, Connection
from rentomatic.server.handling import Handler
from rentomatic.server.head import Heads
from rentomatic.server.listening import Listeners
from rentomatic.server.loads import DEFER_SECONDS, Load
from rentomatic.server.pool import Pool
from rentomatic.server.waiting import Waiting

# Like the limits of nginx and Apache, many times what an honest client needs.
HEAD_SECONDS = 10.0
# How long a worker without a free thread leaves new connections to the others.
YIELD_SECONDS = 0.05
# How long a connection must be idle before a full worker closes it to accept another one.
IDLE_SECONDS = 1.0
# How long an ending worker waits for a request that a client may already be sending.
END_SECONDS = 2.0
# How often the master is notified that this worker is alive, and deadlines are checked.
_TICK_SECONDS = 1.0
_LAST_TICK_SECONDS = 0.1
_MAX_EVENTS = 64
# Answered without a thread, so that slow searches never make the process look dead.
_LIVENESS = b"GET /health/live "
_GoOn = Callable[[Connection], None]


class Worker(base.Worker):  # type: ignore[misc]  # gunicorn has no annotations
    """A main loop that accepts connections and reads heads, and threads that answer requests.

    A request takes a thread only when its head has arrived; in gunicorn's gthread one half-sent
    request per thread blocks everyone else. It speaks plain HTTP/1 and leaves TLS to a proxy.
    """

    alive: bool
    _poller: select.epoll
    _listeners: Listeners
    _waiting: Waiting
    _handler: Handler

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self._pool = Pool(self.cfg.threads, self._work, self.log)
        self._max_connections: int = self.cfg.worker_connections
        self._keepalive: int = self.cfg.keepalive
        self._load = Load(self.age)
        self._yields_until = self._ticks_at = 0.0

    @classmethod
    def check_config(cls, cfg: Any, log: object) -> None:  # noqa: ANN401, ARG003 - gunicorn's signature
        """Refuse settings that it does not support, with the RuntimeError that gunicorn expects."""
        if cfg.is_ssl:
            raise RuntimeError("certfile and keyfile: not supported; let nginx handle TLS")
        if cfg.proxy_protocol not in {False, "off"}:
            raise RuntimeError("proxy_protocol: must be off; let the proxy set X-Real-IP")

    def run(self) -> None:
        """Serve until a signal ends it."""
        heads = Heads(self.cfg)
        self._handler = Handler(heads, self.wsgi, self.log, self.handle_error, self._may_keep)
        with closing(select.epoll()) as self._poller:
            self._waiting = Waiting(self._poller)
            self._poller.register(self.PIPE[0], select.EPOLLIN)
            self._listeners = Listeners(self.sockets, self._poller, self.log)
            while self.alive:
                self._turn(self._update_accepting())
            self._end()

    def handle_quit(self, sig: int, frame: object) -> None:
        """End at once, but not in the middle of an answer."""
        self._join(self.cfg.graceful_timeout)
        super().handle_quit(sig, frame)

    def _turn(self, seconds: float) -> None:
        """Wait for events, at most this many seconds, and act on them."""
        for number, _ in self._poller.poll(seconds, _MAX_EVENTS):
            if connection := self._waiting.get(number):
                self._read(connection)
            elif number in self._listeners:
                self._accept(number)
            elif number == self.PIPE[0]:
                with suppress(BlockingIOError):
                    os.read(number, 1_024)
        now = time.monotonic()
        if now >= self._ticks_at:
            self._ticks_at = now + (_TICK_SECONDS if self.alive else _LAST_TICK_SECONDS)
            self._tick()

    def _tick(self) -> None:
        """Notify the master that this worker is alive, and close what is overdue."""
        self.notify()
        if self.ppid != os.getppid() and self.alive:
            self.log.info("The master has gone; this worker ends too")
            self.alive = False
        for connection in self._waiting.overdue(is_full=self._is_full):
            if connection.received and connection.lingers_until is None:
                message = f"The head of the request took longer than {HEAD_SECONDS:.0f} s"
                self._refuse(connection, 408, "Request Timeout", message)
            else:
                self._waiting.close(connection)

    def _end(self) -> None:
        """Answer what has arrived, and close what is idle."""
        # The kernel would reset the connections that still wait to be accepted.
        while not self._is_full and (connection := self._listeners.accept_waiting()):
            self._receive(connection)
        self._listeners.switch(is_on=False)
        self._load.report(0, is_accepting=False)
        self._waiting.limit_waits(END_SECONDS)
        self._ticks_at = 0
        ends_at = time.monotonic() + self.cfg.graceful_timeout
        while self._waiting and time.monotonic() < ends_at:
            self._turn(_LAST_TICK_SECONDS)
        self._join(0)
        self._listeners.close()

    def _join(self, seconds: float) -> None:
        """End the threads, and wait for them at most this many seconds."""
        self.alive = False
        self._pool.end(seconds)

    def _update_accepting(self) -> float:
        """Accept connections, or leave them to other workers; return for how many seconds."""
        now = time.monotonic()
        if self._is_full:
            self._evict(now)
        is_yielding = now < self._yields_until and self._pool.is_busy
        is_resting = now < self._listeners.rests_until
        is_able = not (is_yielding or is_resting or self._is_full)
        self._load.report(len(self._waiting), is_accepting=is_able)
        is_deferring = now < self._load.defers_until
        self._listeners.switch(is_on=is_able and not is_deferring)
        if is_deferring:
            return DEFER_SECONDS
        return _TICK_SECONDS if is_able else YIELD_SECONDS

    def _accept(self, number: int) -> None:
        """Accept a connection, or leave it to a worker with fewer."""
        # nginx opens one for each request, which a wait would only delay.
        is_kept = not self._listeners.is_local(number)
        if not (is_kept and self._load.defers(len(self._waiting), time.monotonic())):
            self._receive(self._listeners.accept(number))

    @property
    def _is_full(self) -> bool:
        return len(self._waiting) >= self._max_connections

    def _evict(self, now: float) -> None:
        """Close the connection that has been idle longest, unless a request has just arrived."""
        connection = self._waiting.longest_idle(now + self._keepalive - IDLE_SECONDS)
        if connection is None:
            return
        if received := connection.read():
            # Without this, the poller would report the rest of the request to the main loop.
            self._waiting.unregister(connection)
            self._take(connection, received)
        else:
            self._waiting.close(connection)

    def _receive(self, connection: Connection | None) -> None:
        """Read what has already arrived on a new connection."""
        if connection:
            self._waiting.add(connection, HEAD_SECONDS)
            self._read(connection)

    def _read(self, connection: Connection) -> None:
        """Read what a client has sent, and act on it."""
        self._take(connection, connection.read())

    def _take(self, connection: Connection, received: bytes) -> None:
        if connection.lingers_until is not None:
            self._waiting.linger_on(connection, is_active=bool(received) and self.alive)
            return
        begins = connection.is_answered and not connection.received
        connection.received += received
        if connection.has_head:
            self._proceed(connection)
        elif connection.is_at_end:
            self._waiting.close(connection)
        elif len(connection.received) > MAX_HEAD_BYTES:
            message = f"The head of a request may have at most {MAX_HEAD_BYTES} bytes"
            self._refuse(connection, 431, "Request Header Fields Too Large", message)
        else:
            self._waiting.wait(connection, HEAD_SECONDS if begins else None)

    def _proceed(self, connection: Connection) -> None:
        """Answer a request, or let a thread answer it."""
        connection.deadline = None
        connection.since = time.monotonic()
        if connection.received.startswith(_LIVENESS) and connection.takes_an_answer:
            self._answer(connection, self._hand_over)
        else:
            self._hand_over(connection)

    def _hand_over(self, connection: Connection) -> None:
        """Let a thread answer a request, in the main loop."""
        self._pool.put(connection)
        self._pool.grow()
        if self._pool.is_busy:
            self._yields_until = connection.since + YIELD_SECONDS

    def _work(self, connection: Connection) -> None:
        """Answer a request, in a thread."""
        try:
            self._answer(connection, self._pool.put)
        finally:
            if not (self._listeners.is_accepting and self.alive):
                # The main loop may be waiting for this thread.
                self._wake()

    def _answer(self, connection: Connection, go_on: _GoOn) -> None:
        """Answer a request, and go on with the next one if that has arrived already."""
        self._count()
        is_kept = False
        try:
            is_kept = self._handler.handle(connection)
        except Exception:
            self.log.exception("a connection failed")
        finally:
            self._release(connection, go_on, is_kept=is_kept)

    def _release(self, connection: Connection, go_on: _GoOn, *, is_kept: bool) -> None:
        """Close an answered connection, or go on with it."""
        self._pool.discard(connection)
        connection.is_answered = True
        if not is_kept:
            self._waiting.linger(connection)
        elif connection.received and connection.has_head:
            connection.since = time.monotonic()
            go_on(connection)
        else:
            self._waiting.wait(connection, HEAD_SECONDS if connection.received else self._keepalive)

    def _refuse(self, connection: Connection, status: int, reason: str, message: str) -> None:
        with suppress(OSError):
            util.write_error(connection.client, status, reason, message)
        self._waiting.linger(connection)

    def _may_keep(self) -> bool:
        """Return whether a connection can be kept after its answer."""
        has_room = len(self._waiting) <= self._max_connections - self._pool.most
        return self.alive and bool(self._keepalive) and has_room

    def _count(self) -> None:
        """Count a request; after `max_requests` of them this worker ends."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("This worker has answered max_requests and ends")
            self.alive = False
            self._wake()

    def _wake(self) -> None:
        """Wake the main loop."""
        with suppress(OSError):
            os.write(self.PIPE[1], b".")
