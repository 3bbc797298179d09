"""A gunicorn worker that slow and silent clients cannot stop."""

import os
import select
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from io import BytesIO
from typing import Any

from gunicorn import util
from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import ParseException
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

# Like the limits of nginx and Apache, many times what an honest client needs.
HEAD_SECONDS = 10.0
MAX_HEAD_BYTES = 65_536
# After the last answer: how long a client may be silent, and how long it may go on sending.
LINGER_SECONDS = 2.0
MOST_LINGER_SECONDS = 30.0
# The slowest that a body may arrive; a token holder who sends one occupies a thread.
ARRIVAL_SECONDS = 5.0
ARRIVAL_BYTES_PER_SECOND = 8_192
# How long a worker without a free thread leaves new connections to the others.
YIELD_SECONDS = 0.05
# How long a worker accepts nothing after it failed to, for example for lack of file descriptors.
REST_SECONDS = 0.5

_RECEIVE_BYTES = 16_384
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HEAD_END = b"\r\n\r\n"
# Answered without a thread, so that slow searches never make the process look dead.
_LIVENESS = b"GET /health/live "


class IncomingRequest(Request):  # type: ignore[misc]  # gunicorn has no annotations
    """A request that ends its connection unless all of it has been read.

    The worker does not wait for the rest of a body to find the next request behind it.
    """

    @property
    def is_read(self) -> bool:
        """Whether its body has been read to the end."""
        reader = self.body.reader
        is_over = reader.parser is None if isinstance(reader, ChunkedReader) else reader.length == 0
        return is_over and not self.body.failed

    def should_close(self) -> bool:
        """Return whether the connection ends with the answer (RFC 9112, 9.3 and 9.6)."""
        options = [value for name, value in self.headers if name == "CONNECTION"]
        is_last = any(
            option.strip(" \t").lower() == "close" for option in ",".join(options).split(",")
        )
        return is_last or not self.is_read or super().should_close()


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no annotations
    """A client's connection.

    Attributes:
        waiting: the queue in which it waits for the client, until `timeout`.
        lingers_until: when it is closed after its last answer, whatever the client does.
        is_at_end: whether the client has closed its side.
    """

    parser: RequestParser
    timeout: float
    waiting: deque["Connection"]
    lingers_until: float
    is_at_end = False

    def __init__(self, worker: ThreadWorker, client: socket.socket, *ends: object) -> None:
        super().__init__(worker.cfg, client, *ends)
        self.init()
        self.parser.mesg_class = IncomingRequest

    def read(self) -> bytes:
        """Return what has arrived, without waiting."""
        try:
            received: bytes = self.sock.recv(_RECEIVE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""
        except OSError:
            received = b""
        self.is_at_end = not received
        return received

    def read_head(self) -> bool:
        """Buffer what has arrived of a request; return whether the worker must act on it."""
        if received := self.read():
            self.sent.seek(0, os.SEEK_END)
            self.sent.write(received)
        return self.is_at_end or self.has_head or self.is_too_long

    @property
    def sent(self) -> BytesIO:
        """What has arrived and is not yet parsed."""
        buffer: BytesIO = self.parser.unreader.buf
        return buffer

    @property
    def has_head(self) -> bool:
        """Whether the head of the next request has arrived."""
        return _HEAD_END in self.sent.getvalue()

    @property
    def is_too_long(self) -> bool:
        """Whether more has arrived than a head may have."""
        return len(self.sent.getvalue()) > MAX_HEAD_BYTES

    @property
    def is_read(self) -> bool:
        """Whether the request that was answered has been read to its end."""
        request = self.parser.mesg
        return request is not None and request.is_read

    @property
    def takes_an_answer(self) -> bool:
        """Whether a short answer can be sent without waiting for the client."""
        poll = select.poll()
        poll.register(self.sock, select.POLLOUT)
        return bool(poll.poll(0))


class Answering:
    """A client's socket that holds the head of an answer back until more of it follows.

    If this worker is killed, a proxy can ask another one only as long as it has no head.
    """

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._head: bytes | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a socket has
        return getattr(self._client, name)

    def sendall(self, data: bytes) -> None:
        """Send what follows the head, together with the head."""
        if self._head is None:
            self._head = data
            return
        self._client.sendall(self._head + data if self._head else data)
        self._head = b""

    def end(self) -> None:
        """Send a head that nothing follows."""
        if self._head:
            self._client.sendall(self._head)


class Arriving:
    """A client's socket from which a body must arrive in time.

    What arrives extends the time, so that long bodies may take longer.
    """

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._ends = time.monotonic() + ARRIVAL_SECONDS

    def recv(self, size: int) -> bytes:
        """Receive; raises TimeoutError when the time is up."""
        self._client.settimeout(max(0.001, self._ends - time.monotonic()))
        try:
            received = self._client.recv(size)
        finally:
            self._client.settimeout(None)
        self._ends += len(received) / ARRIVAL_BYTES_PER_SECOND
        return received


class Body:
    """A request's body that raises Python's own errors.

    Attributes:
        invite: sends 100 Continue (RFC 9110, 10.1.1) when the body is first read; None if the
            client does not wait for it.
    """

    def __init__(self, body: Any, invite: Callable[[], None] | None = None) -> None:  # noqa: ANN401 - gunicorn has no annotations
        self._body = body
        self.invite = invite

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a body has
        return getattr(self._body, name)

    def read(self, size: int | None = None) -> bytes:
        """Read; raises ValueError for malformed chunks, OSError for a body that ends early."""
        if self.invite:
            self.invite()
            self.invite = None
        try:
            read: bytes = self._body.read(size)
        except ParseException as error:
            raise ValueError(str(error)) from None
        return read


def _is_awaited(request: Request) -> bool:
    """Return whether the client waits for a 100, and keep gunicorn from sending it at once."""
    is_awaited: bool = request._expected_100_continue  # noqa: SLF001 - it has no public name
    request._expected_100_continue = False  # noqa: SLF001
    return is_awaited


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no annotations
    """gunicorn's gthread, except that only a request whose head has arrived takes a thread.

    In gthread a thread waits for the request of each new connection, and the main loop for the
    client of each closed one: one half-sent request per thread blocks everyone else. Here the main
    loop reads the heads and never waits for a client. It speaks plain HTTP/1; TLS is the proxy's.
    """

    _accepting: bool
    _yields_until = 0.0
    _rests_until = 0.0

    def __init__(self, *arguments: object) -> None:
        # All threads change these, always by one atomic operation.
        self._connections: set[Connection] = set()
        self._busy: set[Connection] = set()
        self._lingering: deque[Connection] = deque()
        super().__init__(*arguments)

    @property
    def nr_conns(self) -> int:
        """The number of open connections."""
        return len(self._connections)

    @nr_conns.setter
    def nr_conns(self, _: int) -> None:
        """Ignore gunicorn's own count, which only its main thread could maintain."""

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and read what has already arrived of its first request."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            self._rest(error)
            return
        connection = Connection(self, client, address, listener.getsockname())
        self._connections.add(connection)
        if connection.read_head():
            self._proceed(connection)
        else:
            self._await(connection, self.pending_conns, HEAD_SECONDS)

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's signature
        """Accept connections, or leave them to other workers while all threads here are busy."""
        if self._accepting and not enabled and not self.alive:
            # The kernel would reset the connections that still wait to be accepted.
            for listener in self.sockets:
                self._accept_waiting(listener)
        now = time.monotonic()
        is_yielding = len(self._busy) >= self.cfg.threads and now < self._yields_until
        super().set_accept_enabled(enabled and not is_yielding and now >= self._rests_until)

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """Wait for events, but not for long while connections wait to be accepted."""
        if not self._accepting:
            timeout = YIELD_SECONDS
        super().wait_for_and_dispatch_events(timeout)

    def enqueue_req(self, conn: Connection) -> None:
        """Let a thread answer a request."""
        self._busy.add(conn)
        self.tpool.submit(self._serve, conn)
        if len(self._busy) >= self.cfg.threads:
            self._yields_until = time.monotonic() + YIELD_SECONDS
            self.set_accept_enabled(self._accepting)

    def handle_request(self, req: Request, conn: Connection) -> bool:
        """Answer a request; return whether its connection can be kept."""
        client = conn.sock
        conn.sock = answering = Answering(client)
        conn.parser.unreader.sock = Arriving(client)
        req.body = Body(req.body, partial(client.sendall, _CONTINUE) if _is_awaited(req) else None)
        try:
            is_kept = bool(super().handle_request(req, conn))
            answering.end()
        finally:
            # The rest of the body is dropped, so the client must not be invited to send it.
            req.body.invite = None
            conn.sock = conn.parser.unreader.sock = client
        return is_kept

    def murder_keepalived(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - gunicorn's signature
        """Close connections on which no further request arrived in time."""
        now = time.monotonic()
        while self.keepalived_conns and (force or self.keepalived_conns[0].timeout <= now):
            self._forget(self.keepalived_conns[0])

    def murder_pending(self) -> None:
        """Close connections that took too long to send a head, or to close."""
        now = time.monotonic()
        while self.pending_conns and (connection := self.pending_conns[0]).timeout <= now:
            if connection.sent.getvalue():
                message = f"The head of the request took longer than {HEAD_SECONDS:.0f} s"
                self._leave(connection)
                self._refuse(connection, 408, "Request Timeout", message)
            else:
                self._forget(connection)
        while self._lingering and self._lingering[0].timeout <= now:
            self._forget(self._lingering[0])

    def _cap_keepalive(self, deadline: float) -> None:
        for waiting in (self.keepalived_conns, self.pending_conns, self._lingering):
            for connection in list(waiting):
                connection.timeout = min(connection.timeout, deadline)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:  # noqa: FBT001 - gunicorn's signature
        # A connection with an unread body is not kept, so there is nothing to drain.
        conn.parser.mesg = None if keepalive else conn.parser.mesg
        return keepalive

    def _accept_waiting(self, listener: socket.socket) -> None:
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        while self.nr_conns < self.worker_connections and poll.poll(0):
            self.accept(listener)
            if time.monotonic() < self._rests_until:
                return

    def _rest(self, reason: OSError) -> None:
        """Leave new connections to other workers for a moment; keep serving the open ones."""
        self.log.error("cannot accept connections: %s", reason.strerror)
        self._rests_until = time.monotonic() + REST_SECONDS
        self.set_accept_enabled(self._accepting)

    def _await(self, connection: Connection, waiting: deque["Connection"], seconds: float) -> None:
        """Wait at most `seconds` for a connection; this thread must not touch it afterwards."""
        connection.timeout = time.monotonic() + seconds
        connection.waiting = waiting
        waiting.append(connection)
        if not self.alive:
            connection.timeout = min(connection.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.poller.register(connection.sock, selectors.EVENT_READ, partial(self._read, connection))

    def _leave(self, connection: Connection) -> None:
        """Stop waiting for a connection."""
        self.poller.unregister(connection.sock)
        connection.waiting.remove(connection)

    def _close(self, connection: Connection) -> None:
        self._connections.discard(connection)
        connection.close()

    def _forget(self, connection: Connection) -> None:
        self._leave(connection)
        self._close(connection)

    def _read(self, connection: Connection, _sock: object) -> None:
        if connection.waiting is self._lingering:
            self._linger(connection)
        elif connection.read_head():
            self._leave(connection)
            self._proceed(connection)
        elif connection.waiting is self.keepalived_conns:
            self._leave(connection)
            self._await(connection, self.pending_conns, HEAD_SECONDS)

    def _proceed(self, connection: Connection) -> None:
        """Act on what has arrived of a request."""
        if connection.has_head:
            is_liveness = connection.sent.getvalue().startswith(_LIVENESS)
            if is_liveness and connection.takes_an_answer:
                self._go_on(connection, is_kept=self.handle(connection))
            else:
                self.enqueue_req(connection)
        elif connection.is_at_end:
            self._close(connection)
        else:
            message = f"The head of a request may have at most {MAX_HEAD_BYTES} bytes"
            self._refuse(connection, 431, "Request Header Fields Too Large", message)

    def _refuse(self, connection: Connection, status: int, reason: str, message: str) -> None:
        with suppress(OSError):
            util.write_error(connection.sock, status, reason, message)
        self._go_on(connection, is_kept=False)

    def _serve(self, connection: Connection) -> None:
        """Answer a request in a thread, and handle its connection afterwards."""
        is_kept = False
        try:
            is_kept = self.handle(connection)
        finally:
            self._busy.discard(connection)
            self._go_on(connection, is_kept=is_kept)
            if not self._accepting:
                # Wake the main loop, which may be waiting for this thread.
                self.method_queue.defer(lambda: None)

    def _go_on(self, connection: Connection, *, is_kept: bool) -> None:
        """Wait for the next request, or until the client has read the last answer."""
        if not is_kept:
            self._finish(connection)
        elif connection.has_head:
            self.method_queue.defer(self.enqueue_req, connection)
        elif connection.sent.getvalue():
            self._await(connection, self.pending_conns, HEAD_SECONDS)
        else:
            self._await(connection, self.keepalived_conns, self.cfg.keepalive)

    def _finish(self, connection: Connection) -> None:
        """Close a connection so that the client gets all of the last answer (RFC 9112, 9.6)."""
        try:
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(connection)
            return
        has_arrived = bool(connection.read())
        is_all_read = connection.is_read and not has_arrived
        # On a unix socket only unread bytes would reset the answer.
        if connection.is_at_end or (is_all_read and connection.sock.family == socket.AF_UNIX):
            self._close(connection)
        else:
            connection.lingers_until = time.monotonic() + MOST_LINGER_SECONDS
            self._await(connection, self._lingering, LINGER_SECONDS)

    def _linger(self, connection: Connection) -> None:
        """Drop what a client still sends; closing before that is read would reset the answer."""
        connection.read()
        if connection.is_at_end:
            self._forget(connection)
        elif self.alive:
            until = time.monotonic() + LINGER_SECONDS
            connection.timeout = min(until, connection.lingers_until)
            self._lingering.remove(connection)
            self._lingering.append(connection)
