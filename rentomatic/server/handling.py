"""One request on a connection, and its answer."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from io import BufferedReader
from typing import TYPE_CHECKING, Any

from gunicorn import util
from gunicorn.http.errors import ParseException

from rentomatic.server.answer import Answer
from rentomatic.server.body import Arrival, open_body
from rentomatic.server.connection import Connection
from rentomatic.server.head import Environ, Head, Heads

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Handler:
    """Answers requests by a WSGI application; safe to share between threads.

    Attributes:
        heads: reads the heads of requests.
        application: the WSGI application.
        log: gunicorn's logger.
        refuse: answers a malformed request, and logs it, as gunicorn does.
        may_keep: returns whether the worker can keep one more connection open.
    """

    def __init__(
        self,
        heads: Heads,
        application: "WSGIApplication",
        log: Any,  # noqa: ANN401 - gunicorn has no annotations
        refuse: Callable[[None, Any, Any, Exception], None],
        may_keep: Callable[[], bool],
    ) -> None:
        self._heads = heads
        self._application = application
        self._log = log
        self._refuse = refuse
        self._may_keep = may_keep

    def handle(self, connection: Connection) -> bool:
        """Answer the request whose head has arrived; return whether the connection is kept."""
        connection.is_all_read = False
        try:
            head = self._heads.read(connection.received, connection.peer, connection.server)
        except ParseException as error:
            self._refuse(None, connection.client, connection.peer, error)
            return False
        if head.length == 0:
            connection.received = head.rest
            connection.is_all_read = True
            return self._answer(connection, head, lambda: head.is_kept and self._may_keep())
        arrival = Arrival(connection.client, head.rest, is_awaited=head.is_awaited)
        body = open_body(arrival, head.length)
        head.environ["wsgi.input"] = BufferedReader(body)
        is_kept = self._answer(
            connection, head, lambda: head.is_kept and body.is_over and self._may_keep()
        )
        connection.received, connection.is_all_read = arrival.received, body.is_over
        return is_kept

    def _answer(self, connection: Connection, head: Head, may_keep: Callable[[], bool]) -> bool:
        environ = head.environ
        environ["rentomatic.arrived"] = connection.since
        answer = Answer(
            connection.client, environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"], may_keep
        )
        try:
            self._call(environ, answer)
        except (ConnectionError, TimeoutError):
            answer.is_kept = False  # the client has gone, or accepts nothing
        except Exception:  # noqa: BLE001 - whatever the application raises
            self._log.exception("%s %s failed", environ["REQUEST_METHOD"], environ["RAW_URI"])
            answer.is_kept = False
            if not answer.is_begun:
                answer.status = "500 Internal Server Error"
                with suppress(OSError):
                    util.write_error(connection.client, 500, "Internal Server Error", "")
        if answer.status:
            took = timedelta(seconds=time.monotonic() - connection.since)
            self._log.access(answer, head, environ, took)
        return answer.is_kept

    def _call(self, environ: Environ, answer: Answer) -> None:
        pieces = self._application(environ, answer.start_response)
        try:
            answer.send(pieces)
        finally:
            if close := getattr(pieces, "close", None):
                close()
